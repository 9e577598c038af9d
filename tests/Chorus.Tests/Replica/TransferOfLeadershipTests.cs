using System.Diagnostics;
using System.Text;
using Chorus.Common.Client;
using Chorus.Common.Protocol;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.Replica;

/// <summary>Three replicas as they run in their processes, and the leadership handed from one to another.</summary>
public sealed class TransferOfLeadershipTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly List<RunningReplica> _replicas = [];
    private ChorusClient _client = null!;

    public async Task InitializeAsync()
    {
        foreach (string id in new[] { "a", "b", "c" })
            _replicas.Add(new RunningReplica(id, Path.Combine(_folder.Path, id), _replicas.FirstOrDefault()));
        _client = new ChorusClient(new ChorusClientOptions
        {
            Servers = [.. _replicas.Select(replica => replica.Client.ToString())],
        });
        await SetAsync("key", "value");
        await UntilAsync(async () => (await StatusAsync(0)).Members.Count(
            member => member.Member.Kind == Member.Types.Kind.Voter) == 3);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        foreach (RunningReplica replica in _replicas)
            replica.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Through_any_member_the_leadership_goes_to_the_node_named()
    {
        string next = (await StatusAsync(0)).Leader == "b" ? "c" : "b";
        // Not the client library's search for the leader: one member alone is asked, and passes it on.
        foreach (string target in new[] { next, "a", next })
        {
            ClientResult result = await _client.TransferLeadershipAsync(target);
            Assert.Equal((Code.Ok, target), (result.Code, Encoding.UTF8.GetString(result.Payload.Span)));
            Assert.Equal(target, (await StatusAsync(0)).Leader);
            await SetAsync("key", target);
        }
        ClientResult unknown = await _client.TransferLeadershipAsync("nobody");
        Assert.Equal(Code.BadRequest, unknown.Code);
        Assert.Contains("nobody is no voter; members are a (voter), b (voter), c (voter)", unknown.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_under_way_meanwhile_are_all_done_and_soon()
    {
        using var stop = new CancellationTokenSource();
        Task<long>[] writers = [.. Enumerable.Range(0, 8).Select(i => LongestWriteMsAsync(i, stop.Token))];
        for (int i = 0; i < 6; i++)
        {
            ClientResult result = await _client.TransferLeadershipAsync();
            Assert.True(result.Code == Code.Ok, $"{result.Code}: {result.Message}");
        }
        await stop.CancelAsync();
        foreach (long longestMs in await Task.WhenAll(writers))
            Assert.InRange(longestMs, 0, 2_000);
    }

    [Fact]
    public async Task A_leader_that_is_stopped_hands_over_first()
    {
        Status before = await StatusAsync(0);
        RunningReplica leader = _replicas["abc".IndexOf(before.Leader, StringComparison.Ordinal)];
        leader.Dispose();
        _replicas.Remove(leader);
        Status after = await StatusAsync(0);
        Assert.NotEqual(before.Leader, after.Leader);
        Assert.NotEqual("", after.Leader);
        Assert.Equal(before.Term + 1, after.Term);
    }

    private async Task<long> LongestWriteMsAsync(int writer, CancellationToken stop)
    {
        long longestMs = 0;
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await SetAsync($"writer/{writer}", $"{i}");
            longestMs = Math.Max(longestMs, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return longestMs;
    }

    private async Task SetAsync(string key, string value)
    {
        ClientResult result = await new KvClient(_client).SetAsync(
            Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        Assert.True(result.IsSuccess, result.Message);
    }

    private async Task<Status> StatusAsync(int replica) =>
        Assert.IsType<Status>(await _client.StatusAsync(_replicas[replica].Client.ToString()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 20, "not within 20 s");
    }
}
