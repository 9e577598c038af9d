using System.Globalization;
using System.Text;
using Chorus.Common.Client;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.Hosting;

/// <summary>Replicas as processes: they cut their logs, come back from snapshots, and give them to new ones.</summary>
public sealed class SnapshotReplicaTests
{
    private static readonly SnapshotOptions Often = new() { EveryBytes = 500_000, KeepBytes = 0, KeepMicros = 0 };
    private static readonly byte[] Value = [.. Enumerable.Repeat((byte)'v', 20_000)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replica_whose_log_was_cut_comes_back_from_its_snapshot(bool onDisk)
    {
        using var folder = new TemporaryDirectory();
        string digest;
        using (RunningReplica a = Start("a", folder.Path, null, onDisk))
        {
            await using ChorusClient client = ClientOf(a);
            digest = await FillUntilCut(client, a);
        }
        var storage = new PosixStorage(folder.Path);
        Assert.Contains(storage.List(), name => SnapshotNames.TryParse(name, out _));
        Assert.DoesNotContain("segment-0000000000000001.log", storage.List());
        using RunningReplica again = Start("a", folder.Path, null, onDisk);
        await using ChorusClient other = ClientOf(again);
        await Until(async () => (await StatusOf(other, again))?.Digest == digest, "the state is what it was");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_new_replica_joins_a_cluster_of_which_nobody_has_the_beginning_of_the_log(bool onDisk)
    {
        using var folder = new TemporaryDirectory();
        string second = Path.Combine(folder.Path, "b");
        using RunningReplica a = Start("a", Path.Combine(folder.Path, "a"), null, onDisk);
        await using ChorusClient client = ClientOf(a);
        string digest = await FillUntilCut(client, a);
        using RunningReplica b = Start("b", second, a, onDisk);
        await Until(
            async () => await StatusOf(client, b) is { Role: "follower" } status && status.Digest == digest
                && status.Members.All(member => member.Member.Kind == Member.Types.Kind.Voter),
            "the new one has the state, and is a voter");
        Assert.Contains(new PosixStorage(second).List(), name => SnapshotNames.TryParse(name, out _));
        Assert.Equal(!onDisk, b.HasRestoredAhead);
    }

    [Fact]
    public async Task A_replica_whose_snapshots_are_all_damaged_gets_one_from_another_member()
    {
        using var folder = new TemporaryDirectory();
        string[] folders = [.. "abc".Select(id => Path.Combine(folder.Path, $"{id}"))];
        using RunningReplica a = Start("a", folders[0], null, onDisk: false);
        using RunningReplica b = Start("b", folders[1], a, onDisk: false);
        RunningReplica c = Start("c", folders[2], a, onDisk: false);
        await using ChorusClient client = ClientOf(a);
        await Until(
            async () => (await StatusOf(client, a))?.Members.Count(member =>
                member.Member.Kind == Member.Types.Kind.Voter) == 3, "all three vote");
        // Whoever still had the beginning of its log would give it.
        foreach (RunningReplica replica in new[] { a, b, c })
            await FillUntilCut(client, replica);
        // Something must stand in its log that no snapshot leads to any more.
        await new KvClient(client).SetAsync(Key(1), Value);
        await Until(
            async () => (await StatusOf(client, c))?.Digest == (await StatusOf(client, a))?.Digest,
            "it has the last one");
        await Until(
            () => Task.FromResult(!File.Exists(Path.Combine(folders[2], "segment-0000000000000001.log"))),
            "the beginning of the log is gone");
        c.Dispose();
        string[] snapshots = Directory.GetFiles(folders[2], "snapshot-*");
        Assert.Equal(2, snapshots.Length);
        foreach (string snapshot in snapshots)
            SegmentVandal.Flip(snapshot, (int)new FileInfo(snapshot).Length / 2);
        using var again = new RunningReplica(
            "c", folders[2], snapshots: Often, segmentBytes: 400_000, endpoints: c.Endpoints);
        await Until(
            async () => await StatusOf(client, again) is { Role: "follower" } status && status.Repair.Length == 0
                && status.Digest == (await StatusOf(client, a))?.Digest,
            "the state is that of the others, and it votes");
        string[] left = [.. Directory.GetFiles(folders[2]).Select(path => Path.GetFileName(path))];
        Assert.True(left.Any(name => name.StartsWith("damaged-", StringComparison.Ordinal)), string.Join(' ', left));
    }

    private static async Task<string> FillUntilCut(ChorusClient client, RunningReplica replica)
    {
        var store = new KvClient(client);
        for (int i = 0; (await StatusOf(client, replica))?.Counters["chorus_log_cuts_total"] is not > 0; i++)
        {
            Assert.True(i < 20_000, "the log is cut");
            await store.SetAsync(Key(i), Value);
        }
        return (await StatusOf(client, replica))!.Digest;
    }

    private static byte[] Key(int i) => Encoding.ASCII.GetBytes((i % 30).ToString(CultureInfo.InvariantCulture));

    private static RunningReplica Start(string id, string folder, RunningReplica? join, bool onDisk) => new(
        id, folder, join, slots: onDisk ? new SlotGeometry(64, 32 << 10) : null, snapshots: Often,
        segmentBytes: 400_000);

    private static ChorusClient ClientOf(RunningReplica replica) =>
        new(new ChorusClientOptions { Servers = [replica.Client.ToString()] });

    private static Task<Status?> StatusOf(ChorusClient client, RunningReplica replica) =>
        client.StatusAsync(replica.Client.ToString());

    private static async Task Until(Func<Task<bool>> condition, string what)
    {
        long end = Environment.TickCount64 + 30_000;
        while (!await condition())
            Assert.True(Environment.TickCount64 < end, $"waited thirty seconds for: {what}");
    }
}
