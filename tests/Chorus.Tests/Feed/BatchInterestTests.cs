using Chorus.Common.Feed;
using Chorus.Common.Transfer;

namespace Chorus.Tests.Feed;

/// <summary>A follower that is far behind subscribes to no batches, and to them again when it is near.</summary>
public sealed class BatchInterestTests
{
    private const long Second = 1_000_000;

    private static readonly LogFollowerOptions Options = new()
    {
        ClusterId = FakeSource.Cluster,
        Name = "log0",
        HeldBytesMax = 4096,
    };

    [Fact]
    public void Far_behind_it_hears_heartbeats_only_and_near_the_end_batches_again_and_nothing_is_lost()
    {
        var world = new FollowerWorld(3000, Options);
        FakeSource a = world.Add("a", commit: 1000);
        FakeSource b = world.Add("b", FeedRole.Leader, commit: 1000);
        (a.Serves, b.Serves) = (false, false);
        world.Use();
        world.Pass(Second);
        Assert.Equal(("a", FeedInterest.Heartbeats), (world.Follower.Source, a.Interest));
        Assert.Equal(FollowerState.CatchingUp, world.Follower.State);
        for (ulong i = 1001; i <= 1010; i++)
            world.Commit(i, a, b);
        world.Work();
        Assert.Equal(0, world.Follower.HeldBytes);

        (a.Serves, b.Serves) = (true, true);
        world.Pass(5 * Second);
        Assert.Equal(1010ul, world.Last);
        Assert.Equal(("a", FeedInterest.Everything), (world.Follower.Source, a.Interest));
        Assert.Equal(FollowerState.Live, world.Follower.State);
        int requests = world.Requests.Count;
        world.Commit(1011, a, b);
        world.Work();
        Assert.Equal(1011ul, world.Last);
        Assert.Equal(requests, world.Requests.Count);
        Assert.Equal(1, world.Follower.Counters.Unsubscriptions);
    }

    [Fact]
    public void Batches_that_cannot_be_held_back_are_not_subscribed_to_any_longer()
    {
        var world = new FollowerWorld(100, Options);
        FakeSource a = world.Add("a");
        world.Use();
        world.Pass(Second);
        a.Serves = false;
        a.Commit = 5; // these were dropped on the way
        world.Commit(6, a);
        world.Work();
        Assert.Equal(FeedInterest.Everything, a.Interest);
        a.Commit = 10; // and these
        world.Commit(11, a);
        world.Work();
        Assert.Equal(FeedInterest.Heartbeats, a.Interest);
        Assert.Equal(0, world.Follower.HeldBytes);
        a.Serves = true;
        world.Pass(6 * Second);
        Assert.Equal(11ul, world.Last);
        Assert.Equal(FeedInterest.Everything, a.Interest);
    }

    [Fact]
    public void What_is_published_while_it_subscribes_again_is_fetched()
    {
        var world = new FollowerWorld(1000, Options);
        FakeSource a = world.Add("a", commit: 500);
        world.Use();
        world.Pass(Second / 2);
        Assert.Equal((500ul, FeedInterest.Heartbeats), (world.Last, a.Interest));
        for (ulong i = 501; a.Interest != FeedInterest.Everything; i++)
        {
            Assert.True(i < 600, "it subscribes again");
            world.Commit(i, a);
            world.Pass(Second / 10);
        }
        ulong published = ++a.Commit; // before the subscription had come to the source
        world.Pass(Second / 4);
        Assert.Equal(published, world.Last);
    }

    [Fact]
    public void Where_it_falls_behind_again_and_again_it_does_not_go_to_and_fro()
    {
        var world = new FollowerWorld(60_000, Options);
        FakeSource a = world.Add("a", commit: 100);
        world.Use();
        for (int i = 0; i < 480; i++)
        {
            a.Commit += 100; // more than can be held back, and then time to fetch it
            world.Pass(Second / 8);
            world.Pass(Second / 8);
        }
        int subscribed = world.Wanted.Count(wanted => wanted.Interest == FeedInterest.Everything);
        Assert.InRange(subscribed, 2, 12);
        world.Pass(20 * Second);
        Assert.Equal(a.Commit, world.Last);
        Assert.Equal(FeedInterest.Everything, a.Interest);
    }

    [Fact]
    public void What_comes_in_order_is_not_given_up_however_much_of_it_is_on_its_way()
    {
        var world = new FollowerWorld(1000, Options);
        FakeSource a = world.Add("a", commit: 100);
        world.Use();
        world.Commit(101, a);
        world.Pass(3 * Second);
        Assert.Equal((101ul, FeedInterest.Everything), (world.Last, a.Interest));
        int requests = world.Requests.Count;
        a.Commit = 900; // it was behind itself, and publishes what it has now batch by batch
        for (ulong i = 102; i <= 900; i += 14)
        {
            world.PublishRange(a, i, Math.Min(i + 14, 901));
            world.Freeze(Second / 8);
            world.Work();
        }
        Assert.Equal((900ul, FeedInterest.Everything), (world.Last, a.Interest));
        Assert.Equal(requests, world.Requests.Count);
    }

    [Fact]
    public void A_gap_that_nobody_can_fill_is_no_ones_fault()
    {
        var world = new FollowerWorld(3000, Options);
        FakeSource a = world.Add("a", commit: 1000);
        FakeSource b = world.Add("b", FeedRole.Leader, commit: 1000);
        (a.FirstKept, b.FirstKept) = (500, 500);
        world.Use();
        world.Pass(10 * Second);
        Assert.Equal(FollowerState.Gap, world.Follower.State);
        long failovers = world.Follower.Counters.Failovers;
        for (ulong i = 1001; i <= 1060; i++)
        {
            world.Commit(i, a, b);
            world.Pass(Second);
        }
        Assert.Equal(failovers, world.Follower.Counters.Failovers);
        Assert.Equal(FollowerState.Gap, world.Follower.State);
    }

    [Fact]
    public void Who_is_fetched_from_need_not_be_who_is_followed()
    {
        var world = new FollowerWorld(3000, Options);
        FakeSource a = world.Add("a", commit: 2000);
        FakeSource b = world.Add("b", FeedRole.Leader, commit: 2000);
        a.FirstKept = 1500;
        b.ChunkMicros = Second / 4;
        world.Use();
        world.Pass(12 * Second);
        Assert.InRange(world.Last, 60ul, 1999ul);
        Assert.Single(world.Requests, asked => asked.Source == b && asked.Header.Type == TransferMessageType.Open);
    }

    [Fact]
    public void A_source_that_brings_nothing_is_left_later_where_nothing_is_to_come_live()
    {
        var world = new FollowerWorld(1000, Options);
        FakeSource a = world.Add("a", commit: 500);
        FakeSource b = world.Add("b", FeedRole.Leader, commit: 500);
        (a.Serves, b.Serves) = (false, false);
        world.Use();
        world.Pass(5 * Second);
        Assert.Equal("a", world.Follower.Source);
        world.Pass(2 * Second);
        Assert.Equal("b", world.Follower.Source);
    }
}
