using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.Transfer;

namespace Chorus.Tests.Feed;

public sealed class RecorderTests
{
    private const long Second = 1_000_000;

    private static readonly byte[] Named = ConfigurationCodec.Encode(RecorderWorld.Cluster(true, "a", "b"));

    private static TestRecords Records(int count, params (int Index, byte[] Configuration)[] configurations) =>
        new(count, "value", configurations.ToDictionary(pair => pair.Index, pair => pair.Configuration));

    [Fact]
    public void It_goes_on_after_a_restart_without_gap_or_repeat()
    {
        using var world = new RecorderWorld(Records(300, (5, Named)));
        FakeSource a = world.Add("a", commit: 100);
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Pass(2 * Second);
        Assert.Equal(100ul, world.Durable);
        world.Commit(150, a);
        world.Pass(Second);
        Assert.Equal(150ul, world.Durable);
        a.Commit = 200;
        world.Start();
        Assert.Equal(150ul, world.Durable);
        int before = world.Requests.Count;
        world.Pass(2 * Second);
        Assert.Equal(200ul, world.Durable);
        TransferHeader open = world.Requests.Skip(before).First(r => r.Header.Type == TransferMessageType.Open).Header;
        Assert.Equal(151ul, open.First.Value);
        Assert.Equal(world.Log.HeaderAt(150).Chain, open.Chain);
    }

    [Fact]
    public void The_term_is_on_disk_before_the_records_of_it()
    {
        using var world = new RecorderWorld(Records(100, (1, Named)));
        world.Add("a", commit: 95);
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Pass(Second);
        Assert.Equal(95ul, world.Durable);
        world.Start();
        Assert.Equal(world.Log.HeaderAt(95).Term, world.Record.Recovered.HardState.Term);
    }

    [Fact]
    public void Nothing_is_shown_published_or_reported_before_it_is_durable()
    {
        using var world = new RecorderWorld(Records(100, (1, Named)));
        FakeSource a = world.Add("a");
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Outlet.Subscribe(FeedTopics.Log);
        world.Outlet.Subscribe(FeedTopics.Heartbeat);
        world.Pass(Second);
        world.IsDiskStuck = true;
        world.Commit(10, a);
        world.Pass(3 * Second);
        Assert.Equal(10ul, world.Recorder.Follower.Position.Index.Value);
        Assert.Equal(0ul, world.Durable);
        Assert.All(world.Outlet.Sent, message => Assert.Equal(0ul, message.Header.Commit.Value));
        Assert.All(Reports(world), report => Assert.Equal(0ul, report.Header.First.Value));
        world.IsDiskStuck = false;
        world.RunDisk();
        world.Pass(Second);
        Assert.Equal(10ul, world.Durable);
        Assert.Equal(world.Log.Range(1, 11), world.Outlet.Of(FeedMessageKind.Batch).SelectMany(m => m.Records));
        Assert.All(world.Outlet.Sent, message => Assert.Equal(FeedRole.Logger, message.Header.Role));
        Assert.Equal(9, world.Recorder.DurableCommands);
    }

    [Fact]
    public void It_reports_to_every_replica_not_too_often_and_not_too_seldom()
    {
        using var world = new RecorderWorld(Records(100, (1, Named)));
        FakeSource a = world.Add("a");
        FakeSource b = world.Add("b");
        world.Start(RecorderWorld.Cluster(true, "a"));
        for (ulong i = 1; i <= 40; i++)
        {
            world.Commit(i, a, b);
            world.Pass(Second / 40);
        }
        Assert.InRange(Reports(world).Count(r => r.Source == a), 5, 12);
        world.Pass(Second);
        int before = Reports(world).Count(r => r.Source == b);
        world.Pass(5 * Second);
        Assert.InRange(Reports(world).Count(r => r.Source == b) - before, 4, 6);
        TransferHeader last = Reports(world).Last().Header;
        Assert.Equal(40ul, last.First.Value);
        Assert.Equal(RecorderWorld.Incarnation, last.Stream);
        Assert.Equal(world.Log.HeaderAt(40).TimeMicros, last.Position);
    }

    [Fact]
    public void A_full_disk_stops_it_until_there_is_room()
    {
        var storage = new MemoryStorage(150_000);
        using var world = new RecorderWorld(Records(3000, (1, Named)), storage);
        world.Add("a", commit: 3000);
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Pass(5 * Second);
        Assert.True(world.Record.IsDiskFull);
        Assert.InRange(world.Durable, 1ul, 2900ul);
        FollowingReport report = world.Following.Newest!;
        Assert.Equal(("disk full", "Make room; it goes on by itself"), (report.State, report.Cure));
        storage.CapacityBytes = 10_000_000;
        world.Pass(10 * Second);
        Assert.Equal(3000ul, world.Durable);
        Assert.False(world.Record.IsDiskFull);
        Assert.Equal("live", world.Following.Newest!.State);
    }

    [Fact]
    public void The_oldest_part_goes_beyond_the_budget_unless_a_transfer_needs_it()
    {
        using var world = new RecorderWorld(Records(3000, (1, Named)));
        FakeSource a = world.Add("a", commit: 1000);
        world.Start(RecorderWorld.Cluster(true, "a"), keepBytes: 40_000);
        world.Pinned = new LogIndex(400);
        world.Pass(5 * Second);
        Assert.Equal(1000ul, world.Recorder.DurableIndex.Value);
        ulong first = world.Recorder.FirstIndex.Value;
        Assert.InRange(first, 2ul, 400ul);
        Assert.Equal(first, world.View.Extent!.First.Value);
        a.Commit = 3000;
        world.Pass(5 * Second);
        // As much again may be held, and no more.
        Assert.InRange(world.Recorder.FirstIndex.Value, 401ul, 2500ul);
        world.Pinned = new LogIndex(ulong.MaxValue);
        ulong pinned = world.Recorder.FirstIndex.Value;
        world.Pass(2 * Second);
        Assert.True(world.Recorder.FirstIndex.Value > pinned);
        world.Start(keepBytes: 40_000);
        world.Pass(Second);
        Assert.Equal(3000ul, world.Recorder.DurableIndex.Value);
        Assert.Equal(FollowerState.Searching, world.Recorder.Follower.State);
    }

    [Fact]
    public void Members_that_the_record_no_longer_names_are_found_again_by_those_that_were_known()
    {
        using var world = new RecorderWorld(Records(3000, (1, Named)));
        FakeSource a = world.Add("a", commit: 2000);
        world.Start(RecorderWorld.Cluster(true, "a"), keepBytes: 40_000);
        world.Pass(5 * Second);
        Configuration known = world.Recorder.Members;
        world.Start(keepBytes: 40_000, known: known);
        a.Commit = 2100;
        world.Pass(5 * Second);
        Assert.Equal(2100ul, world.Recorder.DurableIndex.Value);
        Assert.False(world.Recorder.IsRemoved);
    }

    [Fact]
    public void A_configuration_of_a_newer_version_ends_it_and_is_not_recorded()
    {
        byte[] newer = [(byte)(ConfigurationCodec.Version + 1), .. Named.AsSpan(1)];
        using var world = new RecorderWorld(Records(100, (1, Named), (7, newer)));
        FakeSource a = world.Add("a");
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Pass(Second);
        world.Commit(10, a);
        ReplicaStoppedException stopped = Assert.Throws<ReplicaStoppedException>(() => world.Pass(Second));
        Assert.Contains("record 7 is a configuration of version 4", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("Install that version", stopped.Cure, StringComparison.Ordinal);
        Assert.True(world.Record.LastIndex < new LogIndex(7), $"{world.Record.LastIndex}");
    }

    [Fact]
    public void A_disk_that_fails_ends_it()
    {
        var storage = new FragileStorage();
        using var world = new RecorderWorld(Records(100, (1, Named)), storage);
        FakeSource a = world.Add("a");
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Pass(Second);
        storage.SyncFails = true;
        world.Commit(10, a);
        ReplicaStoppedException stopped = Assert.Throws<ReplicaStoppedException>(() => world.Pass(Second));
        Assert.Contains("disk", stopped.Message, StringComparison.Ordinal);
        Assert.NotEmpty(stopped.Cure);
    }

    [Fact]
    public void Members_that_history_names_do_not_cut_it_off_from_those_of_today()
    {
        byte[] old = ConfigurationCodec.Encode(RecorderWorld.Cluster(false, "gone"));
        using var world = new RecorderWorld(Records(300, (1, old), (290, Named)));
        FakeSource a = world.Add("a", commit: 300);
        FakeSource b = world.Add("b", commit: 300);
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Pass(2 * Second);
        Assert.Equal(300ul, world.Durable);
        Assert.NotEqual(FeedInterest.None, b.Interest);
        Assert.NotEqual(FeedInterest.None, a.Interest);
        Assert.False(world.Recorder.IsRemoved);
    }

    [Fact]
    public void It_stops_when_the_cluster_has_removed_it_and_goes_on_when_taken_in_again()
    {
        byte[] without = ConfigurationCodec.Encode(RecorderWorld.Cluster(false, "a", "b"));
        using var world = new RecorderWorld(Records(300, (1, Named), (50, without), (120, Named)));
        FakeSource a = world.Add("a", commit: 40);
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Pass(2 * Second);
        world.Commit(60, a);
        world.Pass(5 * Second);
        Assert.True(world.Recorder.IsRemoved);
        world.Commit(100, a);
        world.Pass(Second);
        Assert.Equal(60ul, world.Durable);

        world.Start();
        world.Pass(6 * Second);
        Assert.True(world.Recorder.IsRemoved);
        // Seed 105: it kept its process busy with a report that was due and never came.
        Assert.InRange(world.Recorder.NextWorkMicros, ((IClock)world).MonotonicMicros, long.MaxValue);

        a.Commit = 110;
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Pass(6 * Second);
        world.Commit(130, a);
        world.Pass(6 * Second);
        Assert.False(world.Recorder.IsRemoved);
        Assert.Equal(130ul, world.Durable);
    }

    [Fact]
    public void It_shows_whom_it_follows_and_what_it_has_counted_and_why_it_records_nothing()
    {
        byte[] without = ConfigurationCodec.Encode(RecorderWorld.Cluster(false, "a", "b"));
        using var world = new RecorderWorld(Records(300, (1, Named), (50, without)));
        FakeSource a = world.Add("a");
        FakeSource b = world.Add("b", FeedRole.Leader);
        world.Start(RecorderWorld.Cluster(true, "a", "b"));
        world.Pass(Second);
        world.Commit(10, a, b);
        (a.Commit, b.Commit) = (15, 15); // these were dropped on the way
        world.Commit(20, a, b);
        world.Pass(Second);
        FollowingReport report = world.Following.Newest!;
        Assert.Equal(("live", "a", 20ul, ""), (report.State, report.Source, report.Commit.Value, report.Why));
        Assert.Equal((1, 5, 0), (Gaps(report), Fetched(report), Failovers(report)));

        a.IsUp = false;
        world.Pass(2 * Second);
        report = world.Following.Newest!;
        Assert.Equal(("live", "b", 1), (report.State, report.Source, Failovers(report)));

        world.Commit(60, b);
        world.Pass(6 * Second);
        report = world.Following.Newest!;
        Assert.Equal("removed", report.State);
        Assert.NotEmpty(report.Why);
        Assert.Contains("-join", report.Cure, StringComparison.Ordinal);

        static long Count(FollowingReport of, string name) =>
            of.Counters.Single(counter => counter.Key == $"chorus_follower_{name}_total").Value;
        static long Gaps(FollowingReport of) => Count(of, "gaps_found");
        static long Fetched(FollowingReport of) => Count(of, "fetched_records");
        static long Failovers(FollowingReport of) => Count(of, "failovers");
    }

    [Fact]
    public void Its_upstream_is_preferred_and_replaced_when_it_is_silent()
    {
        var options = new RecorderOptions
        {
            Id = RecorderWorld.Self.Id,
            Incarnation = 1,
            Upstream = "log1",
            Follow = new LogFollowerOptions { ClusterId = FakeSource.Cluster, Name = "log0" },
        };
        Member[] members =
        [
            .. RecorderWorld.Cluster(true, "a", "b").Members,
            new(new NodeId("log1"), 1, MemberKind.Observer, "log1:12000", ""),
        ];
        IReadOnlyList<FollowSource> sources = FollowSources.Of(members, options.Id, options.Upstream);
        Assert.Equal(["a", "b", "log1"], sources.Select(source => source.Id));
        var world = new FollowerWorld(100);
        world.Add("a", commit: 5);
        FakeSource upstream = world.Add("log1", FeedRole.Logger, 5);
        world.Follower.Use(sources);
        world.Pass(Second);
        Assert.Equal("log1", world.Follower.Source);
        upstream.IsUp = false;
        world.Pass(3 * Second);
        Assert.Equal("a", world.Follower.Source);
        upstream.IsUp = true;
        world.Pass(6 * Second);
        Assert.Equal("log1", world.Follower.Source);
    }

    [Fact]
    public void Draining_makes_everything_durable_and_writes_the_commit_index_down()
    {
        using var world = new RecorderWorld(Records(100, (1, Named)));
        FakeSource a = world.Add("a");
        world.Start(RecorderWorld.Cluster(true, "a"));
        world.Pass(Second);
        world.Commit(30, a);
        world.Work();
        for (int i = 0; i < 10 && !world.Recorder.Drain(); i++)
        {
        }
        Assert.Equal(30ul, world.Durable);
        world.Start();
        Assert.Equal(30ul, world.Record.Recovered.HardState.Commit.Value);
    }

    private static IEnumerable<(FakeSource Source, TransferHeader Header)> Reports(RecorderWorld world) =>
        world.Requests.Where(request => request.Header.Type == TransferMessageType.Report);
}
