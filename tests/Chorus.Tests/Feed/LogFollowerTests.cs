using Chorus.Common.Feed;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Feed;

public sealed class LogFollowerTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void It_fetches_what_was_committed_before_and_then_takes_live_records()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a", commit: 40);
        world.Use();
        world.Pass(Second);
        Assert.Equal(40ul, world.Last);
        int requests = world.Requests.Count;
        for (ulong i = 41; i <= 60; i++)
        {
            world.Commit(i, a);
            world.Work();
            Assert.Equal(i, world.Last);
        }
        world.Pass(Second);
        Assert.Equal(requests, world.Requests.Count);
        Assert.Equal(FollowerState.Live, world.Follower.State);
    }

    [Fact]
    public void It_goes_on_behind_the_record_that_its_owner_has()
    {
        var world = new FollowerWorld(50, position: new FollowerWorld(50).Log.HeaderAt(20));
        world.Add("a", commit: 30);
        world.Use();
        world.Pass(Second);
        Assert.Equal(30ul, world.Last);
    }

    [Fact]
    public void A_batch_that_was_lost_is_fetched_and_later_ones_are_held_back_meanwhile()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a");
        world.Use();
        world.Pass(Second);
        world.Commit(1, a);
        world.Work();
        a.Serves = false;
        a.Commit = 9; // these were dropped on the way
        world.Commit(10, a);
        world.Commit(11, a);
        world.Work();
        Assert.Equal(1ul, world.Last);
        Assert.True(world.Follower.HeldBytes > 0);
        a.Serves = true;
        world.Pass(6 * Second);
        Assert.Equal(11ul, world.Last);
        Assert.Equal(0, world.Follower.HeldBytes);
        Assert.Equal(1, world.Follower.Counters.GapsFound);
    }

    [Fact]
    public void A_lost_end_is_told_by_heartbeats()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a");
        world.Use();
        world.Pass(Second);
        world.Commit(1, a);
        world.Work();
        a.Commit = 20;
        world.Pass(Second / 2);
        Assert.Equal(20ul, world.Last);
    }

    [Fact]
    public void Records_that_are_there_already_are_dropped_also_in_parts_of_batches()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a", commit: 10);
        world.Use();
        world.Pass(Second);
        a.Commit = 15;
        world.PublishRange(a, 3, 9);
        world.PublishRange(a, 8, 16);
        world.Work();
        Assert.Equal(15ul, world.Last);
        Assert.Equal(1, world.Follower.Counters.BatchesOld);
    }

    [Fact]
    public void Followers_are_preferred_to_the_leader_and_loggers_come_last()
    {
        var world = new FollowerWorld(100);
        FakeSource log = world.Add("log1", FeedRole.Logger, 5);
        FakeSource leader = world.Add("leader", FeedRole.Leader, 5);
        FakeSource follower = world.Add("follower", FeedRole.Follower, 5);
        follower.IsUp = false;
        world.Use();
        world.Pass(Second);
        Assert.Equal("leader", world.Follower.Source);
        follower.IsUp = true;
        world.Pass(6 * Second);
        Assert.Equal("follower", world.Follower.Source);
        Assert.Equal(FeedInterest.Heartbeats, leader.Interest);
        leader.IsUp = follower.IsUp = false;
        world.Pass(2 * Second);
        Assert.Equal("log1", world.Follower.Source);
        world.Commit(6, log);
        world.Work();
        Assert.Equal(6ul, world.Last);
    }

    [Fact]
    public void A_silent_source_is_left_and_nothing_is_lost_or_repeated()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a");
        FakeSource b = world.Add("b");
        world.Use();
        world.Pass(Second);
        world.Commit(10, a, b);
        world.Pass(Second);
        FakeSource first = world.Follower.Source == "a" ? a : b, second = first == a ? b : a;
        first.IsUp = false;
        second.Commit = 8; // it lags behind what was taken already
        world.Pass(Second / 2);
        second.Commit = 12;
        world.Pass(2 * Second);
        Assert.Equal(second.Name, world.Follower.Source);
        Assert.Equal(12ul, world.Last);
    }

    [Fact]
    public void Silence_while_the_process_itself_was_stopped_is_nobody_s_fault()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a", FeedRole.Leader);
        world.Use();
        world.Pass(Second);
        world.Freeze(60 * Second);
        world.Work();
        Assert.Equal("a", world.Follower.Source);
        world.Commit(5, a);
        world.Work();
        Assert.Equal(5ul, world.Last);
    }

    [Fact]
    public void A_source_that_falls_behind_the_others_is_left()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a", FeedRole.Follower);
        FakeSource b = world.Add("b", FeedRole.Leader);
        world.Use();
        world.Pass(Second);
        Assert.Equal("a", world.Follower.Source);
        for (ulong i = 1; i <= 40; i++)
        {
            world.Commit(i, b);
            world.Pass(Second / 10);
        }
        Assert.Equal("b", world.Follower.Source);
        Assert.Equal(40ul, world.Last);
        Assert.Equal(0ul, a.Commit);
    }

    [Fact]
    public void A_source_that_lies_about_how_far_it_is_costs_a_moment_only()
    {
        var world = new FollowerWorld(100);
        FakeSource liar = world.Add("liar", FeedRole.Follower);
        FakeSource honest = world.Add("honest", FeedRole.Leader);
        world.Use();
        world.Pass(Second);
        Assert.Equal("liar", world.Follower.Source);
        liar.Commit = 1_000_000;
        liar.Serves = false;
        for (ulong i = 1; i <= 80; i++)
        {
            world.Commit(i, honest);
            world.Pass(Second / 10);
        }
        Assert.Equal("honest", world.Follower.Source);
        Assert.Equal(80ul, world.Last);
    }

    [Fact]
    public void Garbage_and_another_cluster_are_counted_and_their_source_avoided()
    {
        var world = new FollowerWorld(100);
        FakeSource garbage = world.Add("garbage");
        FakeSource foreign = world.Add("foreign", log: new Tests.Transfer.TestRecords(50, "other"));
        FakeSource good = world.Add("good", FeedRole.Logger);
        foreign.ClusterId = Guid.NewGuid();
        world.Use();
        for (ulong i = 1; i <= 20; i++)
        {
            world.PublishRaw(garbage, false, [1, 2, 3], []);
            world.Commit(i, foreign, good);
            world.Pass(Second / 5);
        }
        Assert.Equal(20ul, world.Last);
        Assert.Equal("good", world.Follower.Source);
        Assert.True(world.Follower.Counters.MessagesMalformed > 0);
        Assert.True(world.Follower.Counters.MessagesForeign > 0);
    }

    [Fact]
    public void Records_that_are_damaged_or_not_what_the_header_says_are_refused()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a");
        FakeSource b = world.Add("b", FeedRole.Leader);
        world.Use();
        world.Pass(Second);
        b.Commit = a.Commit = 5;
        byte[] records = world.Log.Range(1, 6);
        records[60] ^= 1;
        world.Publish(a, a.Header(FeedMessageKind.Batch, 1, 5), records);
        world.Work();
        Assert.Equal(0ul, world.Last);
        world.Pass(Second / 2);
        Assert.Equal(5ul, world.Last);
        Assert.Equal("b", world.Follower.Source);
        Assert.Equal(1, world.Follower.Counters.MessagesMalformed);
    }

    [Fact]
    public void Records_behind_the_publisher_s_own_commit_index_are_refused()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a");
        world.Use();
        world.Pass(Second);
        world.PublishRange(a, 1, 6);
        world.Work();
        Assert.Equal(0ul, world.Last);
    }

    [Fact]
    public void One_source_with_another_log_is_avoided_and_all_of_them_stop_the_follower()
    {
        var other = new Tests.Transfer.TestRecords(100, "other");
        var world = new FollowerWorld(100);
        FakeSource wrong = world.Add("wrong", FeedRole.Follower, 0, other);
        FakeSource right = world.Add("right", FeedRole.Leader);
        world.Use();
        world.Pass(Second);
        world.Commit(5, right);
        world.Pass(3 * Second);
        Assert.Equal(5ul, world.Last);
        wrong.Commit = 10;
        world.Commit(10, right);
        world.Pass(5 * Second);
        Assert.Equal(10ul, world.Last);
        Assert.Equal("right", world.Follower.Source);
        right.IsUp = false;
        wrong.Commit = 20;
        world.Pass(5 * Second);
        Assert.Equal(10ul, world.Last);
        Assert.Equal(FollowerState.Diverged, world.Follower.State);
        Assert.Contains("another log", world.Follower.Why, StringComparison.Ordinal);
        Assert.NotEmpty(world.Follower.Cure);
        right.IsUp = true;
        world.Commit(11, right);
        world.Pass(3 * Second);
        Assert.Equal(11ul, world.Last);
        Assert.Equal(FollowerState.Live, world.Follower.State);
    }

    [Fact]
    public void What_nobody_keeps_any_more_is_a_gap_that_the_owner_may_accept()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a", commit: 50);
        FakeSource b = world.Add("b", commit: 50);
        (a.FirstKept, b.FirstKept) = (30, 20);
        world.Use();
        world.Pass(8 * Second);
        Assert.Equal(FollowerState.Gap, world.Follower.State);
        Assert.Equal(new FollowerGap(new LogIndex(1), new LogIndex(20), "b"), world.Follower.Gap);
        Assert.Equal(0ul, world.Last);
        world.First = 20;
        world.Follower.SkipTo(new LogIndex(20));
        world.Pass(2 * Second);
        Assert.Equal(50ul, world.Last);
        Assert.Equal(FollowerState.Live, world.Follower.State);
    }

    [Fact]
    public void A_source_that_keeps_more_is_asked_before_anything_is_given_up()
    {
        var world = new FollowerWorld(100);
        world.Add("a", commit: 50).FirstKept = 30;
        world.Add("b", FeedRole.Logger, commit: 50);
        world.Use();
        world.Pass(2 * Second);
        Assert.Equal(50ul, world.Last);
    }

    [Fact]
    public void A_position_that_no_source_has_reached_is_said_and_left_as_it_is()
    {
        var world = new FollowerWorld(100, position: new FollowerWorld(100).Log.HeaderAt(60));
        FakeSource a = world.Add("a", commit: 40);
        world.Use();
        world.Pass(8 * Second);
        Assert.Equal(FollowerState.AheadOfSources, world.Follower.State);
        Assert.Contains("more than every source", world.Follower.Why, StringComparison.Ordinal);
        world.Commit(61, a);
        world.Pass(Second);
        Assert.Equal(61ul, world.Last);
        Assert.Equal(FollowerState.Live, world.Follower.State);
    }

    [Fact]
    public void Without_room_live_records_are_dropped_within_a_bound_and_fetched_later()
    {
        var options = new LogFollowerOptions { ClusterId = FakeSource.Cluster, Name = "log0", HeldBytesMax = 4096 };
        var world = new FollowerWorld(400, options);
        FakeSource a = world.Add("a");
        world.Use();
        world.Pass(Second);
        world.IsFull = true;
        for (ulong i = 1; i <= 400; i++)
        {
            world.Commit(i, a);
            world.Pass(Second / 20);
            Assert.InRange(world.Follower.HeldBytes, 0, 4096 + 1024);
        }
        Assert.Equal(0ul, world.Last);
        Assert.DoesNotContain(world.Requests, r => r.Header.Type == TransferMessageType.Credit);
        world.IsFull = false;
        world.Pass(Second);
        Assert.Equal(400ul, world.Last);
    }

    [Fact]
    public void History_comes_from_another_source_when_the_first_one_does_not_serve_it()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a", commit: 50);
        FakeSource b = world.Add("b", FeedRole.Leader, commit: 50);
        a.Serves = false;
        world.Use();
        world.Pass(4 * Second);
        Assert.Equal(50ul, world.Last);
        Assert.Contains(world.Requests, r => r.Source == b);
    }

    [Fact]
    public void What_a_silent_source_may_still_send_is_not_waited_for()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a", commit: 50);
        a.Serves = false;
        world.Use();
        world.Pass(4 * Second);
        Assert.Equal(a.TransferAddress, Assert.Single(world.Disconnected.Distinct()));
        a.Serves = true;
        world.Pass(4 * Second);
        Assert.Equal(50ul, world.Last);
    }

    [Fact]
    public void Sources_may_come_and_go()
    {
        var world = new FollowerWorld(100);
        FakeSource a = world.Add("a", commit: 5);
        world.Use();
        world.Pass(Second);
        FakeSource b = world.Add("b", commit: 9);
        world.Follower.Use([b.Who]);
        Assert.Equal(FeedInterest.None, a.Interest);
        world.Pass(Second);
        Assert.Equal(9ul, world.Last);
        world.Follower.Use([]);
        world.Pass(10 * Second);
        Assert.Equal(FollowerState.Searching, world.Follower.State);
        Assert.Contains("knows none", world.Follower.Why, StringComparison.Ordinal);
    }
}
