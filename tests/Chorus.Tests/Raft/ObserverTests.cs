using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Observers are named in the configuration and count for nothing: trap 19.</summary>
public sealed class ObserverTests
{
    [Fact]
    public void A_leader_sends_nothing_to_an_observer()
    {
        var cluster = new TestCluster(3);
        TestNode leader = WithObserver(cluster);
        cluster.Sent.Clear();
        leader.Propose(1, 2, 3);
        cluster.Tick(100);
        Assert.DoesNotContain(cluster.Sent, m => m.To.Value == "o");
        Assert.DoesNotContain(leader.Node.Peers, p => p.Id.Value == "o");
    }

    [Fact]
    public void An_observer_does_not_raise_the_majority()
    {
        var cluster = new TestCluster(3);
        TestNode leader = WithObserver(cluster, "o", "p", "q");
        cluster["c"].Crash();
        leader.Propose(1);
        cluster.TickUntil(() => leader.Node.Commit == leader.Node.LastIndex, "two of three voters commit");
        cluster.Tick(200);
        Assert.Equal(Role.Leader, leader.Node.Role);
        leader.Crash();
        cluster["c"].Start();
        cluster.Tick(1);
        Assert.NotEqual(leader, cluster.Elect());
    }

    [Fact]
    public void Nothing_that_an_observer_says_commits_an_entry()
    {
        var cluster = new TestCluster(3);
        TestNode leader = WithObserver(cluster);
        cluster["b"].Crash();
        cluster["c"].Crash();
        leader.Propose(1, 2);
        LogIndex commit = leader.Node.Commit;
        leader.Receive(Said(Say.Accepted("o", "a", leader.Node.Term.Value, leader.Node.LastIndex.Value)));
        leader.Receive(Said(Say.Alive("o", "a", leader.Node.Term.Value, 1, leader.Node.LastIndex.Value)));
        Assert.Equal(commit, leader.Node.Commit);
        Assert.Equal(2, leader.Node.RefusedMessagesTotal);
    }

    [Fact]
    public void A_leader_that_only_observers_can_hear_steps_down_and_grants_no_read()
    {
        var cluster = new TestCluster(3);
        TestNode leader = WithObserver(cluster);
        cluster["b"].Crash();
        cluster["c"].Crash();
        leader.Reads.Clear();
        Assert.True(leader.Read(out _));
        for (ulong round = 1; round < 200 && leader.Node.Role == Role.Leader; round++)
        {
            leader.Receive(Said(Say.Alive("o", "a", leader.Node.Term.Value, round, leader.Node.LastIndex.Value)));
            leader.Tick();
        }
        Assert.NotEqual(Role.Leader, leader.Node.Role);
        Assert.Empty(leader.Reads);
    }

    [Fact]
    public void Requests_of_an_observer_neither_raise_the_term_nor_append()
    {
        var cluster = new TestCluster(3);
        WithObserver(cluster);
        TestNode voter = cluster["b"];
        (Term term, LogIndex last) = (voter.Node.Term, voter.Node.LastIndex);
        voter.Outbox.Clear();
        voter.Receive(Said(Say.Vote("o", "b", 90, 90, 80)));
        voter.Receive(Said(Say.PreVote("o", "b", 90, 90, 80)));
        voter.Receive(Said(Say.Beat("o", "b", 90)));
        (AppendRequest append, List<TestEntry> entries) = Say.Append("o", "b", 90, last.Value, term.Value, [90]);
        voter.Receive(Said(append), entries);
        Assert.Equal((term, last), (voter.Node.Term, voter.Node.LastIndex));
        Assert.Empty(voter.Outbox);
    }

    [Theory]
    [InlineData(MemberKind.Voter)]
    [InlineData(MemberKind.Learner)]
    public void An_observer_becomes_nothing_else_under_any_incarnation(MemberKind kind)
    {
        var cluster = new TestCluster(3);
        TestNode leader = WithObserver(cluster);
        Configuration now = leader.Node.Configuration;
        foreach (ulong incarnation in new[] { PinOf("o"), 999ul })
        {
            Member other = TestCluster.MemberOf("o", incarnation, kind);
            Assert.Equal(ConfigurationProposal.NotAllowed, leader.Propose(now.With(other)));
        }
        cluster.Tick(200);
        Assert.True(leader.Node.Configuration.IsObserver(Say.Node("o")));
    }

    [Fact]
    public void A_voter_or_a_learner_becomes_no_observer()
    {
        var cluster = new TestCluster(3);
        cluster.Add("d", 103, []).Crash();
        TestNode leader = WithObserver(cluster);
        Settle(cluster, leader, leader.Node.Configuration.With(TestCluster.MemberOf("d", 103, MemberKind.Learner)));
        Configuration now = leader.Node.Configuration;
        foreach (string id in new[] { "a", "b", "d" })
        {
            Assert.Equal(
                ConfigurationProposal.NotAllowed,
                leader.Propose(now.With(TestCluster.MemberOf(id, Say.PinOf(id), MemberKind.Observer))));
        }
    }

    [Fact]
    public void An_observer_that_was_removed_may_join_again_and_then_as_anything()
    {
        var cluster = new TestCluster(3);
        TestNode leader = WithObserver(cluster);
        Settle(cluster, leader, leader.Node.Configuration.Without(Say.Node("o")));
        Settle(cluster, leader, leader.Node.Configuration.With(TestCluster.MemberOf("o", 7, MemberKind.Observer)));
        Settle(cluster, leader, leader.Node.Configuration.Without(Say.Node("o")));
        Settle(cluster, leader, leader.Node.Configuration.With(TestCluster.MemberOf("o", 8, MemberKind.Learner)));
    }

    [Fact]
    public void An_observer_is_named_with_its_incarnation()
    {
        var cluster = new TestCluster(3);
        TestNode leader = WithObserver(cluster);
        Assert.Equal(
            ConfigurationProposal.NotAllowed,
            leader.Propose(leader.Node.Configuration.With(TestCluster.MemberOf("p", 0, MemberKind.Observer))));
    }

    [Fact]
    public void A_replica_that_finds_itself_an_observer_neither_votes_nor_campaigns_nor_acknowledges()
    {
        var cluster = new TestCluster(3);
        Configuration odd = cluster.Start.With(TestCluster.MemberOf("o", PinOf("o"), MemberKind.Observer));
        TestNode node = cluster.Add("o", PinOf("o"), [new(Say.In(1), 0, odd)]);
        for (int i = 0; i < 500; i++)
            node.Tick();
        node.Receive(Say.Vote("a", "o", 5, 9, 4));
        node.Receive(Say.PreVote("a", "o", 5, 9, 4));
        (AppendRequest append, List<TestEntry> entries) = Say.Append("a", "o", 5, 1, 1, [5]);
        node.Receive(append, entries);
        Assert.Equal(Role.Follower, node.Node.Role);
        Assert.Single(node.Log);
        Assert.Empty(node.Outbox);
    }

    [Fact]
    public void A_node_that_replays_how_an_observer_once_had_its_name_follows_and_votes()
    {
        var cluster = new TestCluster(3);
        Configuration old = cluster.Start.With(TestCluster.MemberOf("o", 7, MemberKind.Observer));
        TestNode node = cluster.Add("o", PinOf("o"), [new(Say.In(1), 0, old)]);
        Assert.True(node.Ask<VoteResponse>(Say.Vote("b", "o", 5, 9, 4)).Granted);
        (AppendRequest append, List<TestEntry> entries) = Say.Append("a", "o", 6, 1, 1, [6]);
        Assert.Equal(2ul, node.Ask<AppendAccepted>(append, entries).Match.Value);
    }

    private static ulong PinOf(string id) => Say.PinOf(id);

    private static T Said<T>(T message)
        where T : Message => message with { FromIncarnation = PinOf("o") };

    /// <summary>Elects the first node and has it name observers.</summary>
    private static TestNode WithObserver(TestCluster cluster, params string[] names)
    {
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        foreach (string name in names.Length > 0 ? names : ["o"])
        {
            Member observer = TestCluster.MemberOf(name, PinOf(name), MemberKind.Observer);
            Settle(cluster, leader, leader.Node.Configuration.With(observer));
        }
        return leader;
    }

    private static void Settle(TestCluster cluster, TestNode leader, Configuration next)
    {
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(next));
        cluster.TickUntil(() => leader.Node.Commit == leader.Node.LastIndex, "the change is committed");
    }
}
