using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>When a leader commits: Raft §5.3, §5.4.2, figure 8; traps 2, 11, 13, 19.</summary>
public sealed class CommitTests
{
    [Fact]
    public void Leader_counts_itself_only_when_its_own_disk_has_the_entry()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.DiskIsPrompt = false;
        cluster["c"].Crash();
        leader.Propose(1);
        cluster.Deliver();
        Assert.Equal(2ul, leader.Node.Commit.Value);
        leader.Flush();
        Assert.Equal(3ul, leader.Node.Commit.Value);
    }

    [Fact]
    public void Followers_commit_an_entry_while_the_leaders_own_fsync_is_in_flight()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.DiskIsPrompt = false;
        leader.Propose(1);
        cluster.Deliver();
        Assert.Equal(3ul, leader.Node.Commit.Value);
        Assert.Equal(2ul, leader.Node.DurableIndex.Value);
        // Written down is what the own disk has: a crash now is not taken for lost entries.
        for (int i = 0; i < 90; i++)
            leader.Tick();
        Assert.True(leader.DurableState.Commit.Value <= 2);
    }

    [Fact]
    public void Leader_does_not_commit_an_entry_of_a_previous_term_by_counting()
    {
        (TestCluster cluster, TestNode s1) = Figure8();
        // (c): the entry of term 2 stands on a majority, that of the present term does not.
        s1.Receive(Say.Accepted("b", "a", s1.Node.Term.Value, 2));
        s1.Receive(Say.Accepted("c", "a", s1.Node.Term.Value, 2));
        Assert.Equal(0ul, s1.Node.Commit.Value);
        // (e): an entry of the present term on a majority commits everything before it.
        s1.Receive(Say.Accepted("b", "a", s1.Node.Term.Value, 3));
        s1.Receive(Say.Accepted("c", "a", s1.Node.Term.Value, 3));
        Assert.Equal(3ul, s1.Node.Commit.Value);
    }

    [Fact]
    public void An_entry_on_a_majority_can_still_be_overwritten_as_in_figure_8_d()
    {
        (TestCluster cluster, TestNode s1) = Figure8();
        s1.Receive(Say.Accepted("b", "a", s1.Node.Term.Value, 2));
        s1.Receive(Say.Accepted("c", "a", s1.Node.Term.Value, 2));
        s1.Crash();
        TestNode s5 = cluster["e"];
        cluster.Elect("e");
        cluster.TickUntil(cluster.HasConverged, "everybody follows S5");
        Assert.Equal(3ul, cluster["b"].Log[1].Term.Value);
        Assert.Equal(s5.Log, cluster["b"].Log);
        Assert.All(cluster.Nodes.Where(n => n.IsUp), n => Assert.DoesNotContain(n.Applied, e => e.Term.Value == 2));
    }

    [Fact]
    public void An_acknowledgement_of_an_earlier_term_is_dropped()
    {
        var cluster = new TestCluster(3);
        TestNode a = cluster.Elect("a");
        cluster["b"].Crash();
        cluster["c"].Crash();
        a.Propose(1, 2, 3);
        Term old = a.Node.Term;
        Depose(a);
        ElectByHand(a);
        Assert.True(a.Node.Term > old);
        a.Receive(Say.Accepted("b", "a", old.Value, a.Node.LastIndex.Value));
        Assert.Equal(2ul, a.Node.Commit.Value);
        Assert.All(a.Node.Peers, p => Assert.Equal(0ul, p.Match.Value));
    }

    [Fact]
    public void A_learners_acknowledgements_count_for_nothing()
    {
        var cluster = new TestCluster(2);
        cluster.Add("d", 103, []);
        TestNode leader = cluster.Elect("a");
        Configuration with = cluster.Start.With(
            TestCluster.MemberOf("d", 103, MemberKind.Learner) with { IsHeld = true });
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(with));
        cluster.Tick(3);
        cluster["b"].DiskIsPrompt = false;
        leader.Propose(1);
        cluster.Tick(3);
        Assert.Equal(leader.Node.LastIndex, leader.Node.Peers.Single(p => p.Id.Value == "d").Match);
        Assert.True(leader.Node.Commit < leader.Node.LastIndex);
        cluster["b"].Flush();
        cluster.Tick(3);
        Assert.Equal(leader.Node.LastIndex, leader.Node.Commit);
    }

    [Fact]
    public void An_acknowledgement_beyond_the_leaders_log_is_refused()
    {
        var cluster = new TestCluster(3);
        TestNode a = cluster.Elect("a");
        a.Receive(Say.Accepted("b", "a", a.Node.Term.Value, 1000));
        Assert.Equal(1, a.Node.RefusedMessagesTotal);
        Assert.Equal(2ul, a.Node.Commit.Value);
    }

    /// <summary>
    /// Figure 8 (c): S1 to S5 are a to e. S1 has led term 2, S5 term 3; S1 leads again, and its entry of term
    /// 2 has reached S2 and S3.
    /// </summary>
    private static (TestCluster Cluster, TestNode S1) Figure8()
    {
        var cluster = new TestCluster(5);
        HardState inThree = new(Say.In(3), NodeId.None, LogIndex.Zero);
        TestEntry first = new(Say.In(1), 0, cluster.Start);
        TestEntry two = new(Say.In(2), 2);
        cluster.Add("a", 100, [first, two], inThree);
        cluster.Add("b", 101, [first, two], inThree);
        cluster.Add("c", 102, [first, two], inThree);
        cluster.Add("d", 103, [first], inThree);
        cluster.Add("e", 104, [first, new(Say.In(3), 3)], inThree);
        // What S1 sends in its new term gets lost; the tests say by hand what is acknowledged.
        cluster.Drops = m => m is AppendRequest && m.From.Value == "a";
        cluster["e"].Crash();
        TestNode s1 = cluster.Elect("a");
        cluster["e"].Start();
        return (cluster, s1);
    }

    private static void Depose(TestNode node) =>
        node.Receive(Say.Alive("b", node.Id.Value, node.Node.Term.Value + 1, 1, 1));

    private static void ElectByHand(TestNode node)
    {
        while (node.Node.Role != Role.PreCandidate)
            node.Tick();
        node.Receive(new PreVoteResponse(Say.Node("b"), 101, node.Id, node.Node.Term.Next, true));
        node.Receive(Say.Voted("b", node.Id.Value, node.Node.Term.Value));
        Assert.Equal(Role.Leader, node.Node.Role);
    }
}
