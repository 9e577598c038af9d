using System.Globalization;
using System.Text;
using Chorus.Common.Backup;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;
using Member = Chorus.Raft.Member;

namespace Chorus.Tests.Backup;

/// <summary>Backups of running replicas, and clusters that begin from them.</summary>
public sealed class BackupTests : IDisposable
{
    private static readonly SnapshotOptions Often = new() { EveryBytes = 300_000, KeepBytes = 0, KeepMicros = 0 };
    private static readonly byte[] Value = [.. Enumerable.Repeat((byte)'v', 20_000)];
    private static readonly HostEndpoint[] Endpoints = RunningReplica.FreeEndpoints(5);
    private static readonly Member Founder = new(
        new NodeId("new0"), 0, MemberKind.Voter, Endpoints[1].ToString(), Endpoints[0].ToString(),
        TransferAddress: Endpoints[2].ToString(), FeedAddress: Endpoints[3].ToString());

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_backup_is_continued_and_a_new_cluster_begins_from_it(bool onDisk)
    {
        using RunningReplica a = Start("a", onDisk);
        await WriteAsync(a, 0, 30);
        BackupResult first = BackUp(a);
        Assert.True(first.IsEqual);
        Assert.False(first.IsIncremental);
        await WriteAsync(a, 20, 40);
        BackupResult second = BackUp(a);
        Assert.True(second.IsEqual);
        Assert.True(second.IsIncremental);
        Assert.Equal(first.Last.Next, second.From);
        Assert.Equal((LogIndex.Zero, 40), (second.FetchedSnapshot, second.State.Store.Count));

        Guid cluster = RestoredDirectory.Create(Folder("new0"), Founder, second.State);
        Assert.NotEqual(second.ClusterId, cluster);
        using RunningReplica restored = Start("new0", onDisk, endpoints: Endpoints);
        Status status = await UntilAsync(restored, status => status.Role == "leader", "it leads");
        Assert.Equal(cluster, new Guid(status.ClusterId.Span));
        Assert.Equal(second.Digest, status.Digest);
        using RunningReplica other = Start("new1", onDisk, restored);
        await UntilAsync(other, status => status.Digest == second.Digest, "another one joins and has the state");
        await WriteAsync(restored, 40, 41);
    }

    [Fact]
    public async Task A_log_that_was_cut_is_backed_up_from_a_snapshot_and_so_is_what_was_missed()
    {
        using RunningReplica a = Start("a", onDisk: false, snapshots: Often);
        await FillUntilCutAsync(a, 1);
        BackupResult first = BackUp(a);
        Assert.True(first.IsEqual);
        Assert.True(first.FetchedSnapshot > LogIndex.Zero);
        await FillUntilCutAsync(a, 4);
        BackupResult second = BackUp(a);
        Assert.True(second.IsEqual);
        Assert.True(second.FetchedSnapshot > first.Last);
        Assert.True(second.IsIncremental);
        // The older state is still there.
        ReplayedState before = StateReplay.Run(Folder("backup"), first.FetchedSnapshot, false, default);
        Assert.Equal(first.FetchedSnapshot, before.Last.Index);
    }

    [Fact]
    public async Task Sessions_go_into_the_backup_and_into_the_new_cluster()
    {
        using RunningReplica a = Start("a", onDisk: false);
        await using var client = new ChorusClient(new ChorusClientOptions { Servers = [a.Client.ToString()] });
        Assert.True((await new KvClient(client).IncrementAsync(Key(0), 1)).IsSuccess);
        ReplayedState state = BackUp(a).State;
        Assert.Equal(1, state.Sessions.Count);
        RestoredDirectory.Create(Folder("new0"), Founder, state);
        ReplayedState restored = StateReplay.Run(Folder("new0"), null, withUncommitted: false, default);
        Assert.Equal(state.Sessions.Digest, restored.Sessions.Digest);
        Assert.Equal(state.Store.Digest, restored.Store.Digest);
    }

    [Fact]
    public async Task The_state_of_an_earlier_index_is_made_on_request()
    {
        using RunningReplica a = Start("a", onDisk: false);
        await WriteAsync(a, 0, 10);
        BackupResult all = BackUp(a);
        ReplayedState earlier = StateReplay.Run(
            Folder("backup"), new LogIndex(all.Last.Value - 4), withUncommitted: false, default);
        Assert.Equal((6, 4ul), (earlier.Store.Count, earlier.LeftOut));
        ChorusException late = Assert.Throws<ChorusException>(
            () => StateReplay.Run(Folder("backup"), all.Last.Next, false, default));
        Assert.Equal("not_there", late.Code);
    }

    [Fact]
    public async Task A_backup_of_another_cluster_is_not_continued()
    {
        using RunningReplica a = Start("a", onDisk: false);
        using RunningReplica b = Start("b", onDisk: false);
        await WriteAsync(a, 0, 3);
        await WriteAsync(b, 0, 3);
        BackUp(a);
        string[] before = Directory.GetFiles(Folder("backup"));
        Assert.Throws<NodeDirectoryException>(() => BackUp(b));
        Assert.Equal(before.Order(), Directory.GetFiles(Folder("backup")).Order());
        Assert.Equal(3, StateReplay.Run(Folder("backup"), null, false, default).Store.Count);
    }

    [Fact]
    public async Task What_stands_in_a_directory_is_never_overwritten()
    {
        using RunningReplica a = Start("a", onDisk: false);
        await WriteAsync(a, 0, 3);
        BackupResult result = BackUp(a);
        Directory.CreateDirectory(Folder("used"));
        File.WriteAllText(Path.Combine(Folder("used"), "precious"), "yes");
        ChorusException refused = Assert.Throws<ChorusException>(
            () => RestoredDirectory.Create(Folder("used"), Founder, result.State));
        Assert.Equal("not_empty", refused.Code);
        Assert.Equal(["precious"], Directory.GetFiles(Folder("used")).Select(Path.GetFileName));
        Assert.False(Directory.Exists(Folder("used") + ".unfinished"));
    }

    [Fact]
    public async Task A_damaged_snapshot_is_passed_over_where_the_log_leads_on_from_an_older_one()
    {
        using RunningReplica a = Start("a", onDisk: false, snapshots: Often);
        await FillUntilCutAsync(a, 1);
        BackupResult first = BackUp(a);
        await FillUntilCutAsync(a, 4);
        BackupResult second = BackUp(a);
        FlipLastByte(Path.Combine(Folder("backup"), SnapshotNames.Of(second.FetchedSnapshot)));
        Assert.Throws<LogCorruptionException>(
            () => StateReplay.Run(Folder("backup"), second.FetchedSnapshot, false, default));
        ReplayedState older = StateReplay.Run(Folder("backup"), first.FetchedSnapshot, false, default);
        Assert.Equal(first.FetchedSnapshot, older.Last.Index);
    }

    [Fact]
    public async Task What_a_survivor_alone_has_counts_only_in_a_forced_recovery()
    {
        using (RunningReplica a = Start("a", onDisk: false))
            await WriteAsync(a, 0, 5);
        LogIndex end = AppendUncommitted(Folder("a"));
        ReplayedState certain = StateReplay.Run(Folder("a"), null, withUncommitted: false, default);
        Assert.Equal((5, 1ul), (certain.Store.Count, certain.LeftOut));
        ReplayedState all = StateReplay.Run(Folder("a"), null, withUncommitted: true, default);
        Assert.Equal((6, end), (all.Store.Count, all.Last.Index));
    }

    // As a power loss leaves it: on this disk, and nobody has said that it is committed.
    private static LogIndex AppendUncommitted(string path)
    {
        using NodeDirectory directory = NodeDirectory.Open(path, "a");
        using RecordLog log = RecordLog.Open(
            directory.Storage, new InlineDiskExecutor(), new LogOptions(), directory.ClusterId);
        HardState state = log.Recovered.HardState;
        log.SaveHardState(state with { Commit = log.LastIndex });
        LogIndex index = log.Append(
            state.Term, RecordKind.Command, log.LastTimeMicros,
            KvClient.Encode(KvCommand.Types.Operation.Set, Key(99), Value));
        while (log.DurableIndex < index)
        {
            log.Flush();
            while (log.TryTakeCompletion(out LogCompletion completion))
                Assert.Null(completion.Error);
        }
        return index;
    }

    /// <summary>Waits until a replica leads.</summary>
    internal static void WaitForLeader(RunningReplica replica) =>
        UntilAsync(replica, status => status.Role == "leader", "it leads").GetAwaiter().GetResult();

    private static void FlipLastByte(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^30] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private string Folder(string name) => Path.Combine(_folder.Path, name);

    private RunningReplica Start(
        string id, bool onDisk, RunningReplica? join = null, SnapshotOptions? snapshots = null,
        HostEndpoint[]? endpoints = null) => new(
        id, Folder(id), join, slots: onDisk ? new SlotGeometry(64, 32 << 10) : null, snapshots: snapshots,
        segmentBytes: 400_000, endpoints: endpoints);

    private BackupResult BackUp(RunningReplica source)
    {
        using var context = new ZmqContext();
        return new BackupRun(
            new BackupOptions
            {
                Sources = [source.Transfer],
                Servers = [source.Client],
                Directory = Folder("backup"),
            },
            default).Run(context);
    }

    private static async Task WriteAsync(RunningReplica replica, int from, int until)
    {
        await using ChorusClient client = ClientOf(replica);
        var store = new KvClient(client);
        for (int i = from; i < until; i++)
            Assert.True((await store.SetAsync(Key(i), Value)).IsSuccess);
    }

    private static async Task FillUntilCutAsync(RunningReplica replica, int cuts)
    {
        await using ChorusClient client = ClientOf(replica);
        var store = new KvClient(client);
        Status? status;
        for (int i = 0; (status = await StatusOf(client, replica))?.Counters["chorus_log_cuts_total"] is not { } count
            || count < (ulong)cuts; i++)
        {
            Assert.True(i < 20_000, $"{status}");
            await store.SetAsync(Key(i % 30), Value);
        }
    }

    private static async Task<Status> UntilAsync(RunningReplica replica, Func<Status, bool> condition, string what)
    {
        await using ChorusClient client = ClientOf(replica);
        long end = Environment.TickCount64 + 30_000;
        while (true)
        {
            if (await StatusOf(client, replica) is { } status && condition(status))
                return status;
            Assert.True(Environment.TickCount64 < end, $"waited thirty seconds for: {what}");
        }
    }

    private static byte[] Key(int i) => Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture));

    private static ChorusClient ClientOf(RunningReplica replica) =>
        new(new ChorusClientOptions { Servers = [replica.Client.ToString()], UseSession = false });

    private static Task<Status?> StatusOf(ChorusClient client, RunningReplica replica) =>
        client.StatusAsync(replica.Client.ToString());
}
