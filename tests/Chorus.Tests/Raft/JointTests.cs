using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Changes of several members at once, by C_old,new: Raft §6; traps 15, 16, 18.</summary>
public sealed class JointTests
{
    private static readonly NodeId[] Three = [Say.Node("a"), Say.Node("b"), Say.Node("c")];

    [Fact]
    public void A_change_of_two_voters_goes_through_a_joint_configuration_and_leaves_it_when_committed()
    {
        TestCluster cluster = Five(out TestNode leader);
        int before = leader.Log.Count(entry => entry.Configuration is not null);
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(Demote(leader, "d", "e")));
        Assert.True(leader.Node.Configuration.IsJoint);
        Assert.Equal(5, leader.Node.Configuration.AllVoters.Count);
        cluster.Deliver();
        Assert.False(leader.Node.Configuration.IsJoint);
        Assert.Equal(Three, leader.Node.Configuration.Voters);
        Assert.Equal(before + 2, leader.Log.Count(entry => entry.Configuration is not null));
        cluster.TickUntil(cluster.HasConverged, "everybody knows");
        Assert.All(cluster.Nodes, node => Assert.Equal(Three, node.Node.Configuration.Voters));
    }

    [Fact]
    public void Reads_ask_all_voters_of_a_joint_configuration()
    {
        TestCluster cluster = Five(out TestNode leader);
        cluster.Tick(10);
        leader.Propose(Demote(leader, "d", "e"));
        Assert.True(leader.Node.Configuration.IsJoint);
        cluster.Sent.Clear();
        leader.Read(out _);
        Assert.Equal(4, cluster.Sent.OfType<HeartbeatRequest>().Count());
    }

    [Fact]
    public void A_change_of_one_voter_is_one_entry()
    {
        TestCluster cluster = Five(out TestNode leader);
        leader.Propose(Demote(leader, "d"));
        Assert.False(leader.Node.Configuration.IsJoint);
        cluster.Deliver();
        Assert.Equal(4, leader.Node.Configuration.Voters.Count);
    }

    [Theory]
    [InlineData("d", "e")]
    [InlineData("b", "c")]
    public void Nothing_commits_without_a_majority_of_each_half(string one, string other)
    {
        // From a, b, c to a, d, e: with two of either side gone, one half has its majority and the other has not.
        TestCluster cluster = Swap(out TestNode leader);
        cluster.Isolate(cluster[one]);
        cluster.Isolate(cluster[other]);
        LogIndex commit = leader.Node.Commit;
        cluster.Deliver();
        Assert.True(leader.Node.Configuration.IsJoint);
        Assert.Equal(commit, leader.Node.Commit);
        leader.Read(out _);
        cluster.Deliver();
        Assert.Empty(leader.Reads);
        // Check-quorum: a leader that only one half hears steps down.
        cluster.Tick(2 * cluster.Options.ElectionTimeoutTicks);
        Assert.DoesNotContain(cluster.Nodes, node => node.Node.Role == Role.Leader);
        cluster.Heal();
        cluster.TickUntil(
            () => cluster.HasConverged() && !cluster.Leader.Node.Configuration.IsJoint, "the change is decided");
    }

    [Fact]
    public void An_election_needs_both_halves()
    {
        TestCluster cluster = Swap(out TestNode leader);
        cluster.Drops = m => m is AppendAccepted;
        cluster.Deliver();
        leader.Crash();
        TestNode candidate = cluster["d"];
        Assert.True(candidate.Node.Configuration.IsJoint);
        cluster.Drops = m => m is PreVoteResponse or VoteResponse && m.From.Value is "b" or "c";
        cluster.Tick(5 * cluster.Options.ElectionTimeoutTicks);
        Assert.DoesNotContain(cluster.Nodes, node => node.IsUp && node.Node.Role == Role.Leader);
        cluster.Drops = null;
        cluster.TickUntil(() => cluster.Leader is { IsUp: true } next && !next.Node.Configuration.IsJoint, "it is won");
        Assert.Equal([Say.Node("a"), Say.Node("d"), Say.Node("e")], cluster.Leader.Node.Configuration.Voters);
    }

    [Fact]
    public void A_leader_that_is_about_to_leave_hands_over_before_the_joint_configuration_is_left()
    {
        TestCluster cluster = Swap(out TestNode leader);
        cluster.Drops = m => m is AppendAccepted;
        cluster.Deliver();
        leader.Crash();
        cluster.Drops = m => m is PreVoteRequest && m.From.Value is not "b";
        cluster.TickUntil(
            () => cluster["b"].EventKinds.Contains(RaftEventKind.BecameLeader),
            "a voter of the old half leads");
        cluster.Drops = null;
        cluster.TickUntil(
            () => cluster.Leader is { IsUp: true } next && !next.Node.Configuration.IsJoint
                && next.Node.ConfigurationIndex <= next.Node.Commit,
            "the change is decided");
        Assert.Contains(RaftEventKind.TransferBegun, cluster["b"].EventKinds);
        Assert.Contains(cluster.Leader.Id.Value, new[] { "d", "e" });
    }

    [Fact]
    public void Another_change_is_refused_while_a_joint_configuration_is_in_force()
    {
        TestCluster cluster = Swap(out TestNode leader);
        Assert.Equal(
            ConfigurationProposal.ChangeInFlight, leader.Propose(leader.Node.Configuration.Target.Without(Three[1])));
        cluster.TickUntil(cluster.HasConverged, "it is left");
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(Promote(leader, "b")));
    }

    [Fact]
    public void A_joint_configuration_is_rolled_back_with_its_truncated_entry()
    {
        TestCluster cluster = Swap(out TestNode leader);
        cluster.TakeNetwork();
        cluster.Isolate(leader);
        cluster.TickUntil(
            () => cluster.Nodes.Any(node => node != leader && node.Node.Role == Role.Leader), "another leads");
        TestNode next = cluster.Nodes.Single(node => node != leader && node.Node.Role == Role.Leader);
        Assert.Contains(next.Id, Three);
        next.Propose(7);
        cluster.Heal();
        cluster.TickUntil(cluster.HasConverged, "all are equal");
        Assert.Contains(RaftEventKind.ConfigurationRolledBack, leader.EventKinds);
        Assert.Equal(Three, leader.Node.Configuration.Voters);
        Assert.False(leader.Node.Configuration.IsJoint);
    }

    [Fact]
    public void A_change_that_leaves_too_few_voters_that_answer_is_refused()
    {
        TestCluster cluster = Five(out TestNode leader);
        cluster["b"].Crash();
        cluster["c"].Crash();
        cluster.Tick(cluster.Options.ElectionTimeoutTicks + 1);
        Assert.Equal(ConfigurationProposal.NoQuorum, leader.Propose(Demote(leader, "d", "e")));
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(Demote(leader, "b", "c")));
        cluster.Deliver();
        Assert.False(leader.Node.Configuration.IsJoint);
    }

    [Fact]
    public void A_seat_that_is_opened_for_another_data_directory_counts_for_nothing_until_that_one_has_caught_up()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        cluster["c"].Crash();
        cluster.Tick(cluster.Options.ElectionTimeoutTicks + 1);
        Member open = TestCluster.MemberOf("c", 0, MemberKind.Learner);
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(leader.Node.Configuration.With(open)));
        cluster.Tick(5);
        Assert.Equal(0ul, leader.Node.Configuration.Find(Say.Node("c"))!.Incarnation);
        Assert.Equal(PromotionWait.FirstContact, leader.Node.Peers.Single(peer => peer.Id.Value == "c").Wait);
        cluster["c"].Wipe(555);
        cluster["c"].Start();
        cluster.TickUntil(
            () => cluster.HasConverged() && leader.Node.Configuration.IsVoter(Say.Node("c")), "c is a voter again");
        Assert.Equal(555ul, leader.Node.Configuration.Find(Say.Node("c"))!.Incarnation);
    }

    [Fact]
    public void Of_a_joint_configuration_an_old_seat_with_another_data_directory_is_silent()
    {
        Configuration old = new TestCluster(3).Start;
        Configuration next = old.Without(Three[1]).With(TestCluster.MemberOf("c", 0, MemberKind.Learner));
        Configuration joint = Configuration.Joint(old, next);
        Assert.True(joint.IsVoter(Three[0]) && joint.IsPreviousVoter(Three[1]));
        Assert.False(joint.IsPreviousVoter(Three[2]));
        Assert.Equal([Three[0], Three[1]], joint.AllVoters);
    }

    [Fact]
    public void A_learner_that_is_held_back_is_not_promoted_until_it_is_let_go()
    {
        TestCluster cluster = Five(out TestNode leader);
        leader.Propose(Demote(leader, "e"));
        cluster.Tick(100);
        Assert.False(leader.Node.Configuration.IsVoter(Say.Node("e")));
        Assert.Equal(PromotionWait.Held, leader.Node.Peers.Single(peer => peer.Id.Value == "e").Wait);
        Member held = leader.Node.Configuration.Find(Say.Node("e"))!;
        leader.Propose(leader.Node.Configuration.With(held with { IsHeld = false }));
        cluster.Tick(5);
        Assert.True(leader.Node.Configuration.IsVoter(Say.Node("e")));
    }

    [Fact]
    public void A_voter_hears_of_its_demotion_only_when_that_is_committed()
    {
        // Of two voters one demotes the other and forgets it in a crash: nobody could lead if the other one knew.
        var cluster = new TestCluster(2);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        leader.DiskIsPrompt = false;
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(Demote(leader, "b")));
        cluster.Deliver();
        Assert.Equal(leader.Node.LastIndex.Previous, cluster["b"].Node.LastIndex);
        leader.Crash();
        leader.DiskIsPrompt = true;
        leader.Start();
        cluster.Elect();
        Assert.Equal(2, cluster.Leader.Node.Configuration.Voters.Count);
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(Demote(cluster.Elect("a"), "b")));
        cluster.Deliver();
        Assert.Equal(leader.Node.LastIndex, cluster["b"].Node.LastIndex);
    }

    /// <summary>a to e, all voters; a leads.</summary>
    private static TestCluster Five(out TestNode leader)
    {
        var cluster = new TestCluster(5);
        leader = cluster.Elect("a");
        cluster.Tick(10);
        return cluster;
    }

    /// <summary>a, b and c are voters, d and e are held back; the change to a, d and e is just appended.</summary>
    private static TestCluster Swap(out TestNode leader)
    {
        TestCluster cluster = Five(out leader);
        leader.Propose(Demote(leader, "d", "e"));
        cluster.Tick(10);
        Assert.Equal(Three, leader.Node.Configuration.Voters);
        Configuration next = Promote(leader, "d", "e");
        foreach (string id in new[] { "b", "c" })
            next = next.With(next.Find(Say.Node(id))! with { Kind = MemberKind.Learner, IsHeld = true });
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(next));
        Assert.True(leader.Node.Configuration.IsJoint);
        return cluster;
    }

    private static Configuration Demote(TestNode leader, params string[] ids) =>
        Change(leader, ids, member => member with { Kind = MemberKind.Learner, IsHeld = true });

    private static Configuration Promote(TestNode leader, params string[] ids) =>
        Change(leader, ids, member => member with { Kind = MemberKind.Voter, IsHeld = false });

    private static Configuration Change(TestNode leader, string[] ids, Func<Member, Member> change)
    {
        Configuration next = leader.Node.Configuration;
        foreach (string id in ids)
            next = next.With(change(next.Find(Say.Node(id))!));
        return next;
    }
}
