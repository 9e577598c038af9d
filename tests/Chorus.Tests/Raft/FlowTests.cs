using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// How messages flow: Raft dissertation §10.2.1 (pipelining, batching), and what happens when some get lost.
/// </summary>
public sealed class FlowTests
{
    [Fact]
    public void Many_proposals_make_one_message_for_each_follower()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Outbox.Clear();
        for (ulong i = 1; i <= 100; i++)
            Assert.True(leader.Node.TryPropose(1, out _));
        leader.ProposedByHand(Enumerable.Range(1, 100).Select(i => (ulong)i));
        leader.Take();
        var messages = leader.Outbox.Select(o => o.Message).OfType<AppendRequest>().ToList();
        Assert.Equal(["b", "c"], messages.Select(m => m.To.Value));
        Assert.All(messages, m => Assert.Equal(100ul, m.Entries.Count));
    }

    [Fact]
    public void Entries_stream_without_waiting_for_acknowledgements()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Outbox.Clear();
        leader.Propose(1);
        leader.Propose(2);
        leader.Propose(3);
        Assert.Equal(6, leader.Outbox.Count(o => o.Message is AppendRequest));
    }

    [Fact]
    public void The_window_bounds_what_is_on_its_way()
    {
        var cluster = new TestCluster(3, 1, new RaftOptions { WindowEntries = 2 });
        TestNode leader = cluster.Elect("a");
        leader.Outbox.Clear();
        for (ulong i = 1; i <= 10; i++)
            leader.Propose(i);
        Assert.Equal(4, leader.Outbox.Count(o => o.Message is AppendRequest));
        cluster.TickUntil(cluster.HasConverged, "the rest follows as acknowledgements come in");
    }

    [Fact]
    public void A_message_lost_in_the_middle_of_the_stream_is_noticed_and_sent_again()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        int dropped = 0;
        cluster.Drops = m => m is AppendRequest { Entries.Count: > 0 } && m.To.Value == "b" && dropped++ == 0;
        leader.Propose(1);
        leader.Propose(2);
        leader.Propose(3);
        cluster.Deliver();
        Assert.Equal(leader.Log, cluster["b"].Log);
    }

    [Fact]
    public void The_last_message_of_a_stream_is_sent_again_when_it_was_lost()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        int dropped = 0;
        cluster.Drops = m => m is AppendRequest { Entries.Count: > 0 } && m.To.Value == "b" && dropped++ == 0;
        leader.Propose(1);
        cluster.Deliver();
        Assert.Equal(2, cluster["b"].Log.Count);
        cluster.Tick(20);
        Assert.Equal(leader.Log, cluster["b"].Log);
    }

    [Fact]
    public void A_lost_acknowledgement_is_asked_for_without_sending_the_entries_again()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        bool lossy = true;
        cluster.Drops = m => lossy && m is AppendAccepted && m.From.Value == "b";
        leader.Propose(1, 2, 3);
        cluster.Tick(3);
        lossy = false;
        cluster.Sent.Clear();
        cluster.Tick(20);
        Assert.Equal(5ul, leader.Node.Peers.Single(p => p.Id.Value == "b").Match.Value);
        Assert.DoesNotContain(cluster.Sent.OfType<AppendRequest>(), m => m.Entries.Count > 0);
    }

    [Fact]
    public void A_slow_disk_of_a_follower_causes_no_storm()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster["b"].DiskIsPrompt = false;
        for (ulong i = 1; i <= 50; i++)
            leader.Propose(i);
        cluster.Deliver();
        cluster.Sent.Clear();
        cluster.Tick(90);
        var toSlow = cluster.Sent.OfType<AppendRequest>().Where(m => m.To.Value == "b").ToList();
        Assert.DoesNotContain(toSlow, m => m.Entries.Count > 0);
        Assert.InRange(toSlow.Count, 0, 10);
    }

    [Fact]
    public void A_dead_follower_costs_heartbeats_only()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster["b"].Crash();
        leader.Propose(1);
        cluster.Tick(30);
        cluster.Sent.Clear();
        cluster.Tick(100);
        Assert.DoesNotContain(cluster.Sent, m => m.To.Value == "b" && m is not HeartbeatRequest);
        cluster["b"].Start();
        cluster.Tick(20);
        Assert.Equal(leader.Log, cluster["b"].Log);
    }

    [Fact]
    public void An_idle_leader_tells_the_last_commit_within_a_tick()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        leader.Propose(1);
        cluster.Deliver();
        cluster.Tick(1);
        cluster.Sent.Clear();
        Assert.Equal(3ul, leader.Node.Commit.Value);
        Assert.All(cluster.Followers, f => Assert.Equal(3ul, f.Node.Commit.Value));
        cluster.Tick(100);
        Assert.DoesNotContain(cluster.Sent, m => m is AppendRequest);
    }

    [Fact]
    public void A_single_entry_larger_than_any_limit_still_travels()
    {
        var options = new RaftOptions { MessageBytes = 1, WindowBytes = 1 };
        var cluster = new TestCluster(3, 1, options);
        TestNode leader = cluster.Elect("a");
        leader.Propose(1, 2, 3);
        cluster.Deliver();
        Assert.All(cluster.Followers, f => Assert.Equal(leader.Log, f.Log));
    }

    [Fact]
    public void A_stream_that_arrives_in_reverse_order_ends_in_equal_logs()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        for (ulong i = 1; i <= 10; i++)
            leader.Propose(i);
        List<TestCluster.Envelope> late = cluster.TakeNetwork();
        late.Reverse();
        foreach (TestCluster.Envelope envelope in late)
            cluster.Hand(envelope);
        cluster.Tick(30);
        Assert.All(cluster.Followers, f => Assert.Equal(leader.Log, f.Log));
        Assert.All(cluster.Followers, f => Assert.DoesNotContain(RaftEventKind.Truncated, f.EventKinds));
    }
}
