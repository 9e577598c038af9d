using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.Replica;

/// <summary>As upgrades are done: one replica after the other stops and starts again, while clients go on.</summary>
public sealed class RollingRestartTests : IAsyncLifetime
{
    private const int Callers = 6;
    private static readonly string[] Names = ["a", "b", "c"];

    private readonly TemporaryDirectory _folder = new();
    private readonly Dictionary<string, RunningReplica> _replicas = [];
    private readonly ConcurrentQueue<(long Called, long Returned, long Sum)> _increments = new();
    private ChorusClient _operator = null!;

    public async Task InitializeAsync()
    {
        foreach (string name in Names)
            _replicas[name] = new RunningReplica(name, Folder(name), _replicas.GetValueOrDefault("a"));
        _operator = ClientOf();
        await UntilAsync("all three vote", async () => await StatusAsync("a") is { } status
            && status.Members.Count(member => member.Member.Kind == Member.Types.Kind.Voter) == 3);
    }

    public async Task DisposeAsync()
    {
        await _operator.DisposeAsync();
        foreach (RunningReplica replica in _replicas.Values)
            replica.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Clients_that_retry_see_no_error_and_every_write_happens_once()
    {
        using var stop = new CancellationTokenSource();
        Task[] callers = [.. Enumerable.Range(0, Callers).Select(_ => CallAsync(stop.Token))];
        string leader = (await StatusAsync("a"))!.Leader;
        foreach (string name in Names.OrderBy(name => name == leader))
            await RestartAsync(name);
        await stop.CancelAsync();
        // An error, or an answer that is late, fails here.
        await Task.WhenAll(callers);

        (long Called, long Returned, long Sum)[] bySum = [.. _increments.OrderBy(one => one.Sum)];
        Assert.Equal(Enumerable.Range(1, bySum.Length).Select(sum => (long)sum), bySum.Select(one => one.Sum));
        // A counter whose sums are in the order of time is linearizable.
        long latestCall = 0;
        foreach ((long called, long returned, long sum) in bySum)
        {
            Assert.True(returned >= latestCall, $"sum {sum} was answered before a smaller one was asked for");
            latestCall = Math.Max(latestCall, called);
        }
        ClientResult last = await new KvClient(_operator).GetAsync("counter"u8.ToArray());
        Assert.Equal($"{bySum.Length}", Encoding.UTF8.GetString(last.Payload.Span));
        await UntilAsync("all have the same state", async () =>
        {
            Status?[] all = [await StatusAsync("a"), await StatusAsync("b"), await StatusAsync("c")];
            return all.All(one => one is not null && one.AppliedIndex == all[0]!.AppliedIndex
                && one.Digest == all[0]!.Digest && one.SessionDigest == all[0]!.SessionDigest);
        });
    }

    private async Task RestartAsync(string name)
    {
        HostEndpoint[] endpoints = _replicas[name].Endpoints;
        _replicas[name].Dispose();
        int before = _increments.Count;
        string other = Names.First(one => one != name);
        await UntilAsync($"the others go on without {name}", async () =>
            await StatusAsync(other) is not null && _increments.Count > before + 50);
        _replicas[name] = new RunningReplica(name, Folder(name), endpoints: endpoints);
        await UntilAsync($"{name} is back", async () => await StatusAsync(name) is { Leader.Length: > 0 } status
            && await StatusAsync(other) is { } ahead && status.AppliedIndex + 100 >= ahead.AppliedIndex);
    }

    private async Task CallAsync(CancellationToken stop)
    {
        await using ChorusClient client = ClientOf();
        var store = new KvClient(client);
        while (!stop.IsCancellationRequested)
        {
            long called = Stopwatch.GetTimestamp();
            ClientResult result = await store.IncrementAsync("counter"u8.ToArray());
            long returned = Stopwatch.GetTimestamp();
            Assert.True(result.Code == Code.Ok, $"{result.Code}: {result.Message}");
            long sum = long.Parse(Encoding.UTF8.GetString(result.Payload.Span), CultureInfo.InvariantCulture);
            _increments.Enqueue((called, returned, sum));
            ClientResult read = await store.GetAsync("counter"u8.ToArray());
            Assert.True(read.Code == Code.Ok, $"{read.Code}: {read.Message}");
            Assert.InRange(long.Parse(Encoding.UTF8.GetString(read.Payload.Span), CultureInfo.InvariantCulture), sum,
                long.MaxValue);
        }
    }

    private ChorusClient ClientOf() => new(new ChorusClientOptions
    {
        Servers = [.. Names.Select(name => _replicas[name].Client.ToString())],
        Timeout = TimeSpan.FromSeconds(20),
    });

    private Task<Status?> StatusAsync(string name) => _operator.StatusAsync(_replicas[name].Client.ToString());

    private string Folder(string name) => Path.Combine(_folder.Path, name);

    private static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 20, $"not within 20 s: {what}");
    }
}
