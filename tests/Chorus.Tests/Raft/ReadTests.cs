using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Linearizable reads without a log entry: Raft dissertation §6.4; trap 22.</summary>
public sealed class ReadTests
{
    [Fact]
    public void A_read_is_granted_by_a_round_of_heartbeats_begun_after_it()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Propose(1);
        cluster.Deliver();
        Assert.True(leader.Read(out ulong ticket));
        Assert.Empty(leader.Reads);
        cluster.Deliver();
        Assert.Equal(new ReadGrant(ReadKind.Index, ticket, Say.At(3)), Assert.Single(leader.Reads));
    }

    [Fact]
    public void Answers_to_a_round_begun_before_the_read_do_not_serve_it()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Read(out _);
        List<TestCluster.Envelope> first = cluster.TakeNetwork();
        leader.Read(out ulong second);
        foreach (TestCluster.Envelope envelope in first)
            cluster.Hand(envelope);
        List<TestCluster.Envelope> answers = cluster.TakeNetwork();
        foreach (TestCluster.Envelope envelope in answers)
            cluster.Hand(envelope);
        Assert.Equal(second - 1, Assert.Single(leader.Reads).Ticket);
        cluster.Deliver();
        Assert.Equal(second, leader.Reads[^1].Ticket);
    }

    [Fact]
    public void Reads_wait_for_an_entry_of_the_leaders_own_term()
    {
        var cluster = new TestCluster(3);
        bool lossy = true;
        cluster.Drops = m => lossy && m is AppendRequest;
        cluster.TickUntil(() => cluster.Leader is not null, "a leader");
        TestNode leader = cluster.Leader;
        Assert.True(leader.Read(out _));
        cluster.Tick(10);
        Assert.Empty(leader.Reads);
        lossy = false;
        cluster.Tick(30);
        Assert.Equal(leader.Node.LastIndex, Assert.Single(leader.Reads).Index);
    }

    [Fact]
    public void Reads_that_come_while_a_round_is_under_way_share_the_next_one()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        cluster.Sent.Clear();
        for (int i = 0; i < 100; i++)
            leader.Read(out _);
        cluster.Deliver();
        Assert.Equal(2, leader.Reads.Count);
        Assert.Equal(2, cluster.Sent.OfType<HeartbeatRequest>().Count());
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    public void A_round_for_reads_goes_to_no_more_voters_than_it_takes(int voters, int asked)
    {
        var cluster = new TestCluster(voters);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        cluster.Sent.Clear();
        leader.Read(out ulong ticket);
        cluster.Deliver();
        Assert.Equal(asked, cluster.Sent.OfType<HeartbeatRequest>().Count());
        Assert.Equal(ticket, Assert.Single(leader.Reads).Ticket);
    }

    [Fact]
    public void A_round_for_reads_goes_to_those_who_answered_the_newest_round_first()
    {
        var cluster = new TestCluster(5);
        TestNode leader = cluster.Elect("a");
        cluster.TakeNetwork();
        cluster.Sent.Clear();
        while (!cluster.Sent.OfType<HeartbeatRequest>().Any())
            leader.Tick();
        ulong round = cluster.Sent.OfType<HeartbeatRequest>().Max(m => m.Round);
        ulong term = leader.Node.Term.Value;
        foreach (string id in new[] { "d", "c", "e", "b" })
            leader.Receive(Say.Alive(id, "a", term, round, leader.Node.LastIndex.Value));
        cluster.TakeNetwork();
        cluster.Sent.Clear();
        leader.Read(out _);
        Assert.Equal(
            ["c", "d"], cluster.Sent.OfType<HeartbeatRequest>().Select(m => m.To.ToString()).Order());
    }

    [Fact]
    public void Where_the_voter_that_was_asked_is_silent_all_are_asked_two_ticks_later()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        cluster.Sent.Clear();
        leader.Read(out ulong ticket);
        HeartbeatRequest first = Assert.Single(cluster.Sent.OfType<HeartbeatRequest>());
        cluster.Cut(leader, cluster[first.To.ToString()]);
        cluster.TakeNetwork();
        cluster.Tick(2);
        Assert.Equal(ticket, Assert.Single(leader.Reads).Ticket);
        cluster.Sent.Clear();
        leader.Read(out ticket);
        Assert.NotEqual(first.To, Assert.Single(cluster.Sent.OfType<HeartbeatRequest>()).To);
        cluster.Deliver();
        Assert.Equal(ticket, leader.Reads[^1].Ticket);
    }

    [Fact]
    public void Where_answers_take_two_ticks_anyway_every_round_goes_to_everybody()
    {
        var cluster = new TestCluster(3, options: new RaftOptions { HeartbeatTicks = 10 });
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        Queue<TestCluster.Envelope>[] onTheWay = [new(), new(), new()];
        for (int tick = 0; tick < 60; tick++)
        {
            if (tick == 30)
                cluster.Sent.Clear();
            leader.Read(out _);
            foreach (TestCluster.Envelope envelope in onTheWay[tick % 3].ToArray())
                cluster.Hand(envelope);
            onTheWay[tick % 3] = new(cluster.TakeNetwork());
            foreach (TestNode node in cluster.Nodes)
                node.Tick();
        }
        Assert.NotEmpty(leader.Reads);
        Assert.All(
            cluster.Sent.OfType<HeartbeatRequest>().GroupBy(m => m.Round), round => Assert.Equal(2, round.Count()));
        // Near again, they are asked one at a time.
        cluster.Deliver();
        cluster.Tick(30);
        cluster.Sent.Clear();
        leader.Read(out _);
        Assert.Single(cluster.Sent.OfType<HeartbeatRequest>());
    }

    [Fact]
    public void Reads_without_end_hold_up_no_heartbeat_of_those_who_are_not_asked()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        cluster.Sent.Clear();
        for (int i = 0; i < 50; i++)
        {
            leader.Read(out _);
            cluster.Deliver();
            cluster.Tick();
        }
        foreach (TestNode follower in cluster.Followers)
        {
            int heard = cluster.Sent.OfType<HeartbeatRequest>().Count(m => m.To == follower.Id);
            Assert.True(heard >= 10, $"{follower.Id} heard {heard} heartbeats in 50 ticks");
        }
    }

    [Fact]
    public void The_only_voter_grants_at_once()
    {
        var cluster = new TestCluster(1);
        cluster.Tick();
        TestNode leader = cluster["a"];
        Assert.True(leader.Read(out ulong ticket));
        Assert.Equal(new ReadGrant(ReadKind.Index, ticket, leader.Node.Commit), Assert.Single(leader.Reads));
    }

    [Fact]
    public void A_deposed_leader_drops_the_reads_that_wait_and_takes_no_more()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Read(out _);
        leader.Receive(Say.Alive("b", "a", 99, 1, 1));
        Assert.Equal(1, leader.ReadsDropped);
        Assert.Empty(leader.Reads);
        Assert.False(leader.Read(out _));
    }

    [Fact]
    public void A_leader_cut_off_from_its_quorum_grants_nothing()
    {
        var cluster = new TestCluster(5);
        TestNode leader = cluster.Elect("a");
        foreach (TestNode other in cluster.Followers.Take(3))
        {
            cluster.Cut(leader, other);
            cluster.Cut(other, leader);
        }
        leader.Read(out _);
        cluster.Tick(200);
        Assert.Empty(leader.Reads);
        Assert.Equal(1, leader.ReadsDropped);
    }

    [Fact]
    public void Reads_through_the_log_wait_until_one_entry_for_all_of_them_is_committed()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        LogIndex last = leader.Node.LastIndex;
        Assert.True(leader.Node.TryRead(ReadKind.Log, out _));
        Assert.True(leader.Node.TryRead(ReadKind.Log, out ulong second));
        leader.Take();
        Assert.Equal(last.Next, leader.Node.LastIndex);
        Assert.Empty(leader.Reads);
        cluster.Deliver();
        Assert.Equal(new ReadGrant(ReadKind.Log, second, last.Next), Assert.Single(leader.Reads));
    }

    [Fact]
    public void Reads_through_the_log_stand_behind_the_commands_of_their_step()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Node.TryRead(ReadKind.Log, out _);
        Assert.True(leader.Node.TryPropose(1, out LogIndex command));
        leader.ProposedByHand([7]);
        leader.Take();
        cluster.Deliver();
        Assert.Equal(command.Next, Assert.Single(leader.Reads).Index);
    }

    [Fact]
    public void A_deposed_leader_drops_the_reads_that_wait_for_their_entry()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Read(ReadKind.Log, out _);
        leader.Receive(Say.Alive("b", "a", 99, 1, 1));
        Assert.Equal(1, leader.ReadsDropped);
        Assert.False(leader.Read(ReadKind.Log, out _));
    }
}
