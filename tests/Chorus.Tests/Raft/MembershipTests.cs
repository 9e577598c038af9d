using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Changes of members: Raft dissertation §4.1, §4.2; traps 15, 17, 18.</summary>
public sealed class MembershipTests
{
    [Fact]
    public void A_learner_that_has_caught_up_is_promoted_by_the_leader()
    {
        var cluster = new TestCluster(3);
        cluster.Add("d", 103, []);
        TestNode leader = cluster.Elect("a");
        leader.Propose([.. Enumerable.Range(1, 500).Select(i => (ulong)i)]);
        cluster.Deliver();
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(With(leader, "d", MemberKind.Learner)));
        cluster.TickUntil(() => leader.Node.Configuration.IsVoter(Say.Node("d")), "the learner is promoted");
        cluster.TickUntil(cluster.HasConverged, "everybody knows");
        Assert.Contains(RaftEventKind.PromotingLearner, leader.EventKinds);
        Assert.True(cluster["d"].Node.Configuration.IsVoter(Say.Node("d")));
    }

    [Fact]
    public void A_learner_that_does_not_answer_is_not_promoted()
    {
        var cluster = new TestCluster(3);
        cluster.Add("d", 103, []).Crash();
        TestNode leader = cluster.Elect("a");
        leader.Propose(With(leader, "d", MemberKind.Learner));
        cluster.Tick(200);
        Assert.False(leader.Node.Configuration.IsVoter(Say.Node("d")));
    }

    [Fact]
    public void A_learner_never_campaigns_but_votes_when_asked()
    {
        var cluster = new TestCluster(3, 1, new RaftOptions { PromotionLagEntries = 0 });
        TestNode learner = cluster.Add("d", 103, [new(Say.In(1), 0, cluster.Start.With(
            TestCluster.MemberOf("d", 103, MemberKind.Learner)))]);
        for (int i = 0; i < 500; i++)
            learner.Tick();
        Assert.Equal(Role.Follower, learner.Node.Role);
        Assert.True(learner.Ask<VoteResponse>(Say.Vote("a", "d", 5, 1, 1)).Granted);
    }

    [Fact]
    public void A_second_change_is_refused_while_the_first_is_not_committed()
    {
        var cluster = new TestCluster(3);
        cluster.Add("d", 103, []);
        TestNode leader = cluster.Elect("a");
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(With(leader, "d", MemberKind.Learner)));
        Assert.Equal(
            ConfigurationProposal.ChangeInFlight, leader.Propose(leader.Node.Configuration.Without(Say.Node("c"))));
        cluster.TickUntil(
            () => leader.Node.Configuration.IsVoter(Say.Node("d")) && leader.Node.Commit == leader.Node.LastIndex,
            "the change and the promotion are committed");
        Assert.Equal(
            ConfigurationProposal.Accepted, leader.Propose(leader.Node.Configuration.Without(Say.Node("c"))));
    }

    [Fact]
    public void A_change_is_refused_before_an_entry_of_the_leaders_own_term_is_committed()
    {
        var cluster = new TestCluster(3) { Drops = m => m is AppendRequest };
        cluster.TickUntil(() => cluster.Leader is not null, "a leader");
        TestNode leader = cluster.Leader;
        Assert.Equal(
            ConfigurationProposal.ChangeInFlight, leader.Propose(With(leader, "d", MemberKind.Learner)));
    }

    [Fact]
    public void Changes_of_the_leader_of_an_identity_or_against_the_quorum_are_not_allowed()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        Configuration now = leader.Node.Configuration;
        Member newcomer = TestCluster.MemberOf("d", 103, MemberKind.Learner);
        Assert.Equal(ConfigurationProposal.NotAllowed, leader.Propose(now.Without(Say.Node("a"))));
        Assert.Equal(
            ConfigurationProposal.NotAllowed,
            leader.Propose(now.With(TestCluster.MemberOf("a", 100, MemberKind.Learner))));
        Assert.Equal(ConfigurationProposal.NotAllowed, leader.Propose(Configuration.Empty));
        // Another data directory does not inherit a vote.
        Assert.Equal(ConfigurationProposal.NotAllowed, leader.Propose(now.With(TestCluster.MemberOf("b", 999))));
        Assert.Equal(ConfigurationProposal.NotLeader, cluster["b"].Propose(now.With(newcomer)));
        // c is dead: without b nobody could decide any more.
        cluster["c"].Crash();
        cluster.Tick(cluster.Options.ElectionTimeoutTicks + 1);
        Assert.Equal(ConfigurationProposal.NoQuorum, leader.Propose(now.Without(Say.Node("b"))));
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(now.Without(Say.Node("c"))));
    }

    [Fact]
    public void A_configuration_without_difference_is_accepted_without_an_entry()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        LogIndex last = leader.Node.LastIndex;
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(new Configuration(cluster.Start.Members)));
        Assert.Equal(last, leader.Node.LastIndex);
    }

    [Fact]
    public void A_removed_node_cannot_disturb_the_others()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        TestNode removed = cluster["c"];
        cluster.Tick(10);
        leader.Propose(cluster.Start.Without(removed.Id));
        cluster.Tick(5);
        Term term = leader.Node.Term;
        cluster.Tick(1000);
        Assert.Equal(Role.Leader, leader.Node.Role);
        Assert.Equal(term, leader.Node.Term);
        Assert.True(leader.Propose(7));
        cluster.Tick(10);
        Assert.Equal(leader.Node.LastIndex, leader.Node.Commit);
    }

    [Fact]
    public void Incarnations_are_pinned_at_first_contact_one_after_the_other()
    {
        var cluster = new TestCluster(3, pinned: false);
        TestNode leader = cluster.Elect();
        cluster.TickUntil(cluster.HasConverged, "settled");
        Assert.Equal([100ul, 101ul, 102ul], leader.Node.Configuration.Members.Select(m => m.Incarnation));
        Assert.All(cluster.Nodes, n => Assert.Equal(leader.Node.Configuration.Members, n.Node.Configuration.Members));
    }

    [Fact]
    public void A_wiped_node_under_its_old_name_counts_for_nothing()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster["c"].Crash();
        leader.Propose(1, 2, 3);
        cluster.Tick(5);
        cluster["b"].Crash();
        cluster["b"].Wipe(555);
        cluster["b"].Start();
        leader.Propose(4);
        cluster.Tick(10);
        Assert.Equal(5ul, leader.Node.Commit.Value);
        Assert.Single(leader.Events, e => e.Kind == RaftEventKind.WrongIncarnation && e.Node.Value == "b");
        cluster.Tick(500);
        Assert.NotEqual(Role.Leader, leader.Node.Role);
        Assert.DoesNotContain(cluster.Nodes, n => n.IsUp && n.Node.Role == Role.Leader);
    }

    [Fact]
    public void A_vote_of_a_wiped_node_does_not_elect()
    {
        var cluster = new TestCluster(3);
        TestNode a = cluster["a"];
        while (a.Node.Role != Role.PreCandidate)
            a.Tick();
        a.Receive(new PreVoteResponse(Say.Node("b"), 999, Say.Node("a"), a.Node.Term.Next, true));
        Assert.Equal(Role.PreCandidate, a.Node.Role);
        Assert.Contains(RaftEventKind.WrongIncarnation, a.EventKinds);
        a.Receive(new PreVoteResponse(Say.Node("b"), 101, Say.Node("a"), a.Node.Term.Next, true));
        Assert.Equal(Role.Candidate, a.Node.Role);
        a.Receive(new VoteResponse(Say.Node("b"), 999, Say.Node("a"), a.Node.Term, true));
        Assert.Equal(Role.Candidate, a.Node.Role);
    }

    [Fact]
    public void A_wiped_voter_returns_as_a_learner_and_is_promoted_again()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster["c"].Crash();
        cluster["c"].Wipe(555);
        cluster["c"].Start();
        cluster.Tick(10);
        Assert.Equal(
            ConfigurationProposal.Accepted,
            leader.Propose(leader.Node.Configuration.With(TestCluster.MemberOf("c", 555, MemberKind.Learner))));
        cluster.TickUntil(
            () => cluster.HasConverged() && leader.Node.Configuration.IsVoter(Say.Node("c")), "c is a voter again");
    }

    [Fact]
    public void A_lagging_node_follows_a_leader_that_was_replaced_under_a_configuration_it_does_not_know_yet()
    {
        var cluster = new TestCluster(3);
        TestNode lagging = cluster["b"];
        (AppendRequest append, List<TestEntry> entries) = Say.Append("c", "b", 9, 1, 1, [9]);
        lagging.Receive(append with { FromIncarnation = 555 }, entries);
        Assert.Equal(2, lagging.Log.Count);
        TestNode voter = cluster["a"];
        VoteRequest newer = Say.Vote("c", "a", 9, 7, 8) with { FromIncarnation = 555 };
        Assert.True(voter.Ask<VoteResponse>(newer).Granted);
    }

    private static Configuration With(TestNode leader, string id, MemberKind kind) =>
        leader.Node.Configuration.With(TestCluster.MemberOf(id, Say.PinOf(id), kind));
}
