using System.Globalization;
using System.Text;
using Chorus.Common.Client;
using Chorus.Common.Protocol;
using Chorus.Tests.Log;

namespace Chorus.Tests.Recovery;

/// <summary>Processes that are killed, and a file that rots meanwhile.</summary>
public sealed class KilledReplicaTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ReplicaProcess[] _replicas;

    public KilledReplicaTests() =>
        _replicas = [.. "abc".Select(id => new ReplicaProcess($"{id}", Path.Combine(_folder.Path, $"{id}")))];

    public void Dispose()
    {
        foreach (ReplicaProcess replica in _replicas)
            replica.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_acknowledged_outlives_a_kill_a_damaged_file_and_the_kill_of_another_one()
    {
        (ReplicaProcess a, ReplicaProcess b, ReplicaProcess c) = (_replicas[0], _replicas[1], _replicas[2]);
        await using var client = new ChorusClient(
            new ChorusClientOptions { Servers = [a.Client, b.Client, c.Client] });
        a.Start();
        await UntilAsync(client, a, status => status.Leader == "a", "a leads");
        b.Start("-join", a.Join);
        c.Start("-join", a.Join);
        await UntilAsync(
            client, a, status => status.Members.Count(IsVoter) == 3 && status.Members.All(m => m.WaitsFor.Length == 0),
            "all three vote");
        var store = new KvClient(client);
        await WriteAsync(store, 0, 100);
        Task under = WriteAsync(store, 100, 150);
        c.Kill();
        await under;
        SegmentVandal.FlipInTheMiddle(Path.Combine(_folder.Path, "c"));

        c.Start();
        Status whole = await UntilAsync(
            client, c, status => status.Role == "follower" && status.AppliedIndex > 150, "c takes part again");
        Assert.Empty(whole.Repair);
        Waiting.Until(() => c.HasWarnedOf("has repaired its log"), "c says that it has repaired its log");
        b.Kill();
        // Now nothing is committed or read without the one that was damaged.
        await WriteAsync(store, 150, 160);
        for (int i = 0; i < 160; i++)
        {
            ClientResult read = await store.GetAsync(Key(i));
            Assert.True(read.IsSuccess, read.Message);
            Assert.Equal(Key(i), read.Payload.ToArray());
        }
        Status other = await UntilAsync(client, a, status => status.AppliedIndex > 160, "a has applied all");
        await UntilAsync(
            client, c, status => status.AppliedIndex == other.AppliedIndex && status.Digest == other.Digest,
            "both hold the same");
    }

    private static bool IsVoter(MemberStatus member) => member.Member.Kind == Member.Types.Kind.Voter;

    private static byte[] Key(int i) => Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture));

    private static async Task WriteAsync(KvClient store, int from, int until)
    {
        for (int i = from; i < until; i++)
        {
            ClientResult result = await store.SetAsync(Key(i), Key(i));
            Assert.True(result.IsSuccess, result.Message);
        }
    }

    private static async Task<Status> UntilAsync(
        ChorusClient client, ReplicaProcess replica, Func<Status, bool> condition, string what)
    {
        long deadline = Environment.TickCount64 + 30_000;
        while (true)
        {
            Status? status = await client.StatusAsync(replica.Client);
            if (status is not null && condition(status))
                return status;
            Assert.True(Environment.TickCount64 < deadline, $"waited thirty seconds until {what}: {status}");
        }
    }
}
