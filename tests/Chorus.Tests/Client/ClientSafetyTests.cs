using System.Collections.Concurrent;
using Chorus.Common.Client;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;

namespace Chorus.Tests.Client;

/// <summary>What the client says of a write must be true, whatever happens to servers and answers.</summary>
public sealed class ClientSafetyTests
{
    private const int ServerCount = 3;
    private const int Callers = 32;
    private const int Each = 150;
    private const int Kills = 8;

    private readonly ConcurrentDictionary<long, int> _applied = new();
    private readonly FakeServer?[] _servers = new FakeServer?[ServerCount];
    private readonly Endpoint[] _endpoints = new Endpoint[ServerCount];
    private volatile int _leader;
    private volatile int _term = 1;

    [Fact]
    public async Task Whatever_dies_no_write_is_applied_twice_and_no_answer_lies()
    {
        for (int i = 0; i < ServerCount; i++)
        {
            _servers[i] = Start(i, null);
            _endpoints[i] = _servers[i]!.Endpoint;
        }

        Proclaim();
        await using ChorusClient client = new(new ChorusClientOptions
        {
            Servers = [.. _endpoints.Select(e => e.ToString())],
            Timeout = TimeSpan.FromSeconds(20),
        });
        ConcurrentDictionary<long, ClientResult> results = new();
        Task load = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Call(client, caller, results)));
        for (int kill = 0; kill < Kills && !load.IsCompleted; kill++)
        {
            int before = _applied.Count;
            Waiting.Until(() => _applied.Count > before + 100 || load.IsCompleted, "some writes");
            KillTheLeader();
        }

        await load.WaitAsync(TimeSpan.FromSeconds(60));
        foreach (FakeServer? server in _servers)
            server?.Dispose();
        foreach ((long id, ClientResult result) in results)
        {
            int times = _applied.GetValueOrDefault(id);
            Assert.True(times <= 1, $"write {id} was applied {times} times");
            if (result.Code == Code.Ok)
                Assert.True(times == 1, $"write {id} was acknowledged and not applied");
            else
                Assert.True(result.Code == Code.OutcomeUnknown, $"write {id} ended with {result}");
        }

        Assert.Equal(Callers * Each, results.Count);
        Assert.Contains(results.Values, r => r.Code == Code.OutcomeUnknown);
        Assert.True(results.Values.Count(r => r.Code == Code.Ok) > Callers * Each / 2);
    }

    private static async Task Call(ChorusClient client, int caller, ConcurrentDictionary<long, ClientResult> results)
    {
        for (int i = 0; i < Each; i++)
        {
            long id = ((long)caller * Each) + i;
            results[id] = await client.WriteAsync(BitConverter.GetBytes(id));
        }
    }

    private FakeServer Start(int number, Endpoint? endpoint) => new(request => Serve(number, request), endpoint);

    // A leader applies, and now and then swallows the answer; one that dies leaves answers unsent.
    private Response? Serve(int number, Request request)
    {
        if (number != _leader)
            return FakeServer.NotLeader(request.Id % 3 == 0 ? "" : _endpoints[_leader].ToString())(request);
        if (Random.Shared.Next(20) == 0)
            return FakeServer.Refuse(Code.Overloaded, "busy")(request);
        _applied.AddOrUpdate(BitConverter.ToInt64(request.Write.Span), 1, static (_, times) => times + 1);
        return Random.Shared.Next(40) == 0
            ? FakeServer.Refuse(Code.OutcomeUnknown, "?")(request)
            : FakeServer.Ok(request);
    }

    private void KillTheLeader()
    {
        int dead = _leader;
        _servers[dead]!.Dispose();
        _leader = (dead + 1) % ServerCount;
        _term++;
        _servers[dead] = Start(dead, _endpoints[dead]);
        Proclaim();
    }

    private void Proclaim()
    {
        for (int i = 0; i < ServerCount; i++)
        {
            if (i == _leader)
                _servers[i]!.Leading((ulong)_term);
            else
                _servers[i]!.Following(_endpoints[_leader].ToString(), (ulong)_term);
        }
    }
}
