using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Reads at followers and learners, who ask the leader: Raft dissertation §6.4; trap 22.</summary>
public sealed class FollowerReadTests
{
    [Fact]
    public void A_follower_is_granted_what_the_leader_has_committed()
    {
        (TestCluster cluster, TestNode leader, TestNode follower) = Start();
        leader.Propose(1);
        cluster.Deliver();
        Assert.True(follower.Read(out ulong ticket));
        Assert.Empty(follower.Reads);
        cluster.Deliver();
        Assert.Equal(new ReadGrant(ReadKind.Index, ticket, leader.Node.Commit), Assert.Single(follower.Reads));
    }

    [Fact]
    public void The_answer_also_tells_the_follower_what_is_committed()
    {
        (TestCluster cluster, TestNode leader, TestNode follower) = Start();
        leader.Propose(1);
        cluster.Deliver();
        Assert.True(follower.Node.Commit < leader.Node.Commit);
        follower.Read(out _);
        cluster.Deliver();
        Assert.Equal(leader.Node.Commit, follower.Node.Commit);
    }

    [Fact]
    public void Entries_that_are_not_known_to_equal_the_leaders_are_not_committed_by_an_answer()
    {
        var cluster = new TestCluster(3);
        TestNode node = cluster["b"];
        // Two entries of a leader of term 2, then one heartbeat of another one in term 3.
        (AppendRequest append, List<TestEntry> entries) = Say.Append("a", "b", 2, 1, 1, [2, 2]);
        node.Receive(append, entries);
        node.Receive(Say.Beat("c", "b", 3));
        node.Read(out ulong ticket);
        node.Receive(Answer("c", "b", 3, ReadKind.Index, ticket, 3));
        Assert.Equal(Say.At(3), Assert.Single(node.Reads).Index);
        Assert.Equal(LogIndex.Zero, node.Node.Commit);
    }

    [Fact]
    public void Reads_that_come_while_a_question_is_under_way_share_the_next_one()
    {
        (TestCluster cluster, _, TestNode follower) = Start();
        cluster.Sent.Clear();
        for (int i = 0; i < 100; i++)
            follower.Read(out _);
        cluster.Deliver();
        Assert.Equal(2, cluster.Sent.OfType<ReadIndexRequest>().Count());
        Assert.Equal(2, follower.Reads.Count);
    }

    [Fact]
    public void The_answer_to_an_earlier_question_does_not_serve_a_later_read()
    {
        (_, _, TestNode follower) = Start();
        follower.Read(out ulong first);
        follower.Read(out ulong second);
        follower.Receive(Answer("a", "b", follower.Node.Term.Value, ReadKind.Index, first, 2));
        Assert.Equal(first, Assert.Single(follower.Reads).Ticket);
        follower.Receive(Answer("a", "b", follower.Node.Term.Value, ReadKind.Index, first, 2));
        Assert.Single(follower.Reads);
        follower.Receive(Answer("a", "b", follower.Node.Term.Value, ReadKind.Index, second, 2));
        Assert.Equal(second, follower.Reads[^1].Ticket);
    }

    [Theory]
    [InlineData("c", 0, 0)] // not the leader
    [InlineData("a", 1, 0)] // another term
    [InlineData("a", 0, 1)] // never asked
    public void An_answer_counts_only_from_the_leader_that_was_asked_and_in_its_term(
        string from, ulong terms, ulong tickets)
    {
        (_, _, TestNode follower) = Start();
        follower.Read(out ulong ticket);
        ulong term = follower.Node.Term.Value - terms;
        follower.Receive(Answer(from, "b", term, ReadKind.Index, ticket + tickets, 2));
        Assert.Empty(follower.Reads);
    }

    [Fact]
    public void An_answer_to_an_earlier_life_of_the_process_fits_no_question_of_this_one()
    {
        (TestCluster cluster, _, TestNode follower) = Start();
        follower.Read(out ulong old);
        follower.Crash();
        follower.Start();
        cluster.Tick(cluster.Options.HeartbeatTicks);
        follower.Reads.Clear();
        follower.Read(out ulong ticket);
        Assert.NotEqual(old, ticket);
        follower.Receive(Answer("a", "b", follower.Node.Term.Value, ReadKind.Index, old, 2));
        Assert.Empty(follower.Reads);
    }

    [Fact]
    public void A_question_that_was_lost_is_asked_again()
    {
        (TestCluster cluster, _, TestNode follower) = Start();
        follower.Read(out ulong ticket);
        cluster.TakeNetwork();
        cluster.Tick(cluster.Options.HeartbeatTicks + 1);
        Assert.Equal(ticket, Assert.Single(follower.Reads).Ticket);
    }

    [Fact]
    public void A_question_asked_twice_is_answered_by_one_round()
    {
        (TestCluster cluster, TestNode leader, TestNode follower) = Start();
        follower.Read(out _);
        TestCluster.Envelope question = Assert.Single(cluster.TakeNetwork());
        cluster.Hand(question);
        cluster.Hand(question);
        cluster.Deliver();
        Assert.Single(follower.Reads);
        Assert.NotEmpty(leader.Reads);
    }

    [Fact]
    public void A_follower_whose_leader_falls_silent_turns_away_what_waits()
    {
        (TestCluster cluster, TestNode leader, TestNode follower) = Start();
        follower.Read(out _);
        cluster.TakeNetwork();
        cluster.Isolate(leader);
        cluster.TickUntil(() => follower.Node.Leader != leader.Id, "the leader is forgotten");
        Assert.Equal(1, follower.ReadsDropped);
        Assert.Empty(follower.Reads);
    }

    [Fact]
    public void A_leader_cut_off_from_its_quorum_answers_no_question()
    {
        var cluster = new TestCluster(5);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(5);
        TestNode follower = cluster["b"];
        foreach (string id in new[] { "c", "d", "e" })
        {
            cluster.Cut(leader, cluster[id]);
            cluster.Cut(cluster[id], leader);
        }
        follower.Read(out _);
        cluster.Tick(200);
        Assert.Empty(follower.Reads);
    }

    [Fact]
    public void A_learner_is_answered_and_a_stranger_is_not()
    {
        var cluster = new TestCluster(1, options: new RaftOptions { PromotionLagEntries = 0 });
        cluster.Tick();
        TestNode leader = cluster["a"];
        TestNode learner = cluster.Add("b", TestCluster.Pin(1), []);
        cluster.Drops = m => m is AppendAccepted;
        leader.Propose(cluster.Start.With(TestCluster.MemberOf("b", TestCluster.Pin(1), MemberKind.Learner)));
        cluster.Tick(10);
        Assert.True(learner.Read(out ulong ticket));
        cluster.Deliver();
        Assert.Equal(ticket, Assert.Single(learner.Reads).Ticket);
        leader.Receive(new ReadIndexRequest(
            Say.Node("z"), 7, leader.Id, leader.Node.Term, ReadKind.Index, 1));
        Assert.DoesNotContain(cluster.Sent, m => m.To == Say.Node("z"));
    }

    [Fact]
    public void A_lease_of_the_leader_serves_a_follower_without_a_round()
    {
        var options = new RaftOptions { LeaseMicros = 1_000 };
        var cluster = new TestCluster(3, options: options);
        TestNode leader = cluster.Elect("a");
        leader.Node.ClockRead(100);
        cluster.Tick(options.HeartbeatTicks + 1);
        TestNode follower = cluster["b"];
        cluster.Sent.Clear();
        follower.Read(ReadKind.Lease, out ulong ticket);
        cluster.Deliver();
        // The question came after the clock was read last.
        Assert.Empty(follower.Reads);
        leader.Node.ClockRead(200);
        leader.Take();
        cluster.Deliver();
        Assert.Equal(ticket, Assert.Single(follower.Reads).Ticket);
        Assert.Empty(cluster.Sent.OfType<HeartbeatRequest>());
    }

    [Fact]
    public void A_follower_takes_no_read_through_the_log_and_none_without_a_leader()
    {
        (_, _, TestNode follower) = Start();
        Assert.False(follower.Read(ReadKind.Log, out _));
        Assert.False(new TestCluster(3)["b"].Read(out _));
    }

    private static (TestCluster Cluster, TestNode Leader, TestNode Follower) Start()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(cluster.Options.HeartbeatTicks);
        return (cluster, leader, cluster["b"]);
    }

    private static ReadIndexResponse Answer(
        string from, string to, ulong term, ReadKind kind, ulong ticket, ulong index) =>
        new(Say.Node(from), Say.PinOf(from), Say.Node(to), Say.In(term), kind, ticket, Say.At(index));
}
