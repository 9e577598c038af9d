using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>A leader hands over: Raft dissertation §3.10; trap 26.</summary>
public sealed class TransferTests
{
    [Fact]
    public void The_node_named_leads_at_once_and_has_everything()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Propose(1, 2, 3);
        Assert.Equal(TransferProposal.Accepted, Transfer(leader, "c"));
        cluster.Deliver();
        Assert.Equal(Role.Leader, cluster["c"].Node.Role);
        Assert.Equal(Role.Follower, leader.Node.Role);
        Assert.Equal(Say.Node("c"), leader.Node.Leader);
        Assert.Equal([0ul, 0, 1, 2, 3, 0], cluster["c"].Log.Select(entry => entry.Value));
        Assert.Equal(cluster["c"].Node.LastIndex, cluster["c"].Node.Commit);
        Assert.DoesNotContain(cluster.Sent, m => m is PreVoteRequest { From.Value: "c" });
    }

    [Fact]
    public void Without_a_name_the_voter_with_most_of_the_log_is_taken_and_of_those_the_preferred_one()
    {
        var cluster = new TestCluster(4);
        TestNode leader = cluster.Elect("a");
        cluster.Deliver();
        cluster.Cut(leader, cluster["b"]);
        leader.Propose(1);
        cluster.Deliver();
        leader.Propose(leader.Node.Configuration.With(TestCluster.MemberOf("d", 103, priority: 90)));
        cluster.Deliver();
        Assert.Equal(TransferProposal.Accepted, Transfer(leader, ""));
        Assert.Equal(Say.Node("d"), leader.Node.TransferTarget);
    }

    [Fact]
    public void Nothing_is_proposed_while_a_transfer_is_under_way_and_it_is_given_up_after_an_election_timeout()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Deliver();
        cluster.Drops = m => m is TimeoutNow;
        Assert.Equal(TransferProposal.Accepted, Transfer(leader, "b"));
        Assert.False(leader.Propose(1));
        Assert.Equal(ConfigurationProposal.TransferUnderWay, leader.Propose(cluster.Start.Without(Say.Node("c"))));
        Assert.Equal(TransferProposal.UnderWay, Transfer(leader, "c"));
        Assert.True(leader.Read(out ulong ticket));
        cluster.Deliver();
        Assert.Equal(ticket, Assert.Single(leader.Reads).Ticket);
        cluster.Tick(cluster.Options.ElectionTimeoutTicks);
        Assert.Contains(RaftEventKind.TransferAborted, leader.EventKinds);
        Assert.True(leader.Node.TransferTarget.IsNone);
        Assert.True(leader.Propose(2));
        cluster.Deliver();
        Assert.Equal(leader.Node.LastIndex, leader.Node.Commit);
    }

    [Fact]
    public void Nobody_is_asked_to_lead_who_lacks_an_entry()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Deliver();
        cluster["b"].DiskIsPrompt = false;
        leader.Propose(1);
        Transfer(leader, "b");
        cluster.Deliver();
        Assert.DoesNotContain(cluster.Sent, m => m is TimeoutNow);
        cluster["b"].Flush();
        cluster["b"].DiskIsPrompt = true;
        cluster.Deliver();
        Assert.Equal(Role.Leader, cluster["b"].Node.Role);
    }

    [Fact]
    public void Only_a_voter_that_answers_can_be_named()
    {
        var cluster = new TestCluster(3);
        Assert.Equal(TransferProposal.NotLeader, Transfer(cluster["b"], "a"));
        TestNode leader = cluster.Elect("a");
        cluster.Deliver();
        Assert.Equal(TransferProposal.AlreadyLeads, Transfer(leader, "a"));
        Assert.Equal(TransferProposal.NotVoter, Transfer(leader, "z"));
        leader.Propose(leader.Node.Configuration.With(TestCluster.MemberOf("d", 103, MemberKind.Learner)));
        cluster.Deliver();
        Assert.Equal(TransferProposal.NotVoter, Transfer(leader, "d"));
        cluster["c"].Crash();
        cluster.Tick(cluster.Options.ElectionTimeoutTicks + 1);
        Assert.Equal(TransferProposal.Silent, Transfer(leader, "c"));
        Assert.Equal(TransferProposal.Accepted, Transfer(leader, ""));
        Assert.Equal(Say.Node("b"), leader.Node.TransferTarget);
    }

    [Fact]
    public void A_late_wish_or_one_of_somebody_else_means_nothing()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        TestNode follower = cluster["b"];
        Term term = follower.Node.Term;
        follower.Receive(Wish("c", "b", term));
        follower.Receive(Wish("a", "b", new Term(term.Value - 1)));
        follower.Receive(Wish("a", "b", term.Next));
        follower.Receive(Wish("a", "b", term) with { FromIncarnation = 999 });
        leader.Receive(Wish("b", "a", term));
        Assert.Equal((Role.Follower, Role.Leader), (follower.Node.Role, leader.Node.Role));
        Assert.Equal(term, follower.Node.Term);
    }

    [Fact]
    public void A_learner_and_a_node_that_lost_entries_do_not_follow_the_wish()
    {
        var cluster = new TestCluster(3);
        TestNode learner = cluster.Add("d", 103, [new(Say.In(1), 0, cluster.Start.With(
            TestCluster.MemberOf("d", 103, MemberKind.Learner)))]);
        TestNode lossy = cluster.Add("c", 102, [new(Say.In(1), 0, cluster.Start)],
            new HardState(Say.In(1), NodeId.None, Say.At(7)));
        foreach (TestNode node in new[] { learner, lossy })
        {
            node.Receive(Say.Beat("a", node.Id.Value, node.Node.Term.Value));
            node.Receive(Wish("a", node.Id.Value, node.Node.Term));
            Assert.Equal((Role.Follower, Say.Node("a")), (node.Node.Role, node.Node.Leader));
        }
    }

    [Fact]
    public void Voters_that_hear_from_their_leader_vote_for_its_successor_only_when_it_wants_so()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Deliver();
        TestNode voter = cluster["c"];
        (ulong last, Term term) = (voter.Node.LastIndex.Value, leader.Node.Term);
        VoteRequest request = Say.Vote("b", "c", term.Value + 1, last, term.Value);
        Assert.False(voter.Ask<VoteResponse>(request).Granted);
        Assert.Equal(term, voter.Node.Term);
        Assert.True(voter.Ask<VoteResponse>(request with { ByTransfer = true }).Granted);
    }

    [Fact]
    public void A_leader_whose_disk_hangs_names_its_successor_when_it_steps_down()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Deliver();
        leader.DiskIsPrompt = false;
        leader.Propose(1);
        cluster.Tick(cluster.Options.DiskStallTicks + 1);
        Assert.Contains(RaftEventKind.DiskStalled, leader.EventKinds);
        Assert.Single(cluster.Sent, m => m is TimeoutNow);
        Assert.Equal(Role.Follower, leader.Node.Role);
        Assert.NotNull(cluster.Leader);
    }

    private static TransferProposal Transfer(TestNode node, string target)
    {
        TransferProposal answer = node.Node.TryTransferLeadership(new NodeId(target));
        node.Take();
        return answer;
    }

    private static TimeoutNow Wish(string from, string to, Term term) =>
        new(Say.Node(from), Say.PinOf(from), Say.Node(to), term);
}
