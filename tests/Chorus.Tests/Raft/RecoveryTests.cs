using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// What a node remembers, what it does when it cannot, and when its disk hangs; traps 1, 3, 4, 8, 26.
/// </summary>
public sealed class RecoveryTests
{
    [Fact]
    public void The_vote_survives_a_restart_and_a_step_down_within_its_term()
    {
        var cluster = new TestCluster(5);
        TestNode a = cluster["a"];
        a.Receive(Say.Vote("b", "a", 5, 1, 1));
        a.Crash();
        a.Start();
        Assert.False(a.Ask<VoteResponse>(Say.Vote("c", "a", 5, 1, 1)).Granted);
        // Campaigns, hears of a leader of the same term, loses it: its vote of the term stays given.
        while (a.Node.Role != Role.PreCandidate)
            a.Tick();
        a.Receive(new PreVoteResponse(Say.Node("b"), 101, Say.Node("a"), Say.In(6), true));
        a.Receive(new PreVoteResponse(Say.Node("c"), 102, Say.Node("a"), Say.In(6), true));
        Assert.Equal(Role.Candidate, a.Node.Role);
        foreach (string refusing in new[] { "b", "c", "d" })
            a.Receive(Say.Voted(refusing, "a", 6, granted: false));
        Assert.Equal(Role.Follower, a.Node.Role);
        Assert.False(a.Ask<VoteResponse>(Say.Vote("e", "a", 6, 9, 5)).Granted);
        Assert.Equal("a", a.DurableState.VotedFor.Value);
        Assert.True(a.Ask<VoteResponse>(Say.Vote("e", "a", 7, 9, 5)).Granted);
    }

    [Fact]
    public void A_restarted_node_keeps_its_tail_beyond_the_commit_index()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        cluster.Drops = m => m is AppendAccepted;
        leader.Propose(1, 2, 3);
        cluster.Deliver();
        TestNode b = cluster["b"];
        b.Crash();
        b.Start();
        Assert.Equal(5ul, b.Node.LastIndex.Value);
        Assert.Equal(5ul, b.Node.DurableIndex.Value);
        Assert.True(b.Node.Commit < b.Node.LastIndex);
    }

    [Fact]
    public void A_log_with_terms_that_the_hard_state_does_not_know_is_refused_at_the_start()
    {
        var cluster = new TestCluster(3);
        var e = Assert.Throws<InvariantViolationException>(
            () => cluster.Add("x", 7, Say.Log(1, 1, 2, 3), new HardState(Say.In(2), NodeId.None, LogIndex.Zero)));
        Assert.Contains("hard state was lost", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_has_provably_lost_entries_neither_votes_nor_campaigns_until_it_has_caught_up()
    {
        (TestCluster cluster, TestNode leader, TestNode b) = LostTail();
        Assert.True(b.Node.HasLostEntries);
        Assert.Contains(RaftEventKind.LogLossProven, b.EventKinds);
        for (int i = 0; i < 200; i++)
            b.Tick();
        Assert.Equal(Role.Follower, b.Node.Role);
        Assert.False(b.Ask<PreVoteResponse>(Say.PreVote("c", "b", 50, 9, 9)).Granted);
        Assert.False(b.Ask<VoteResponse>(Say.Vote("c", "b", 50, 9, 9)).Granted);
        b.Crash();
        b.Start();
        Assert.True(b.Node.HasLostEntries);
        cluster.TickUntil(() => !b.Node.HasLostEntries, "b has caught up");
        cluster.TickUntil(cluster.HasConverged, "all is well");
        Assert.NotNull(leader);
    }

    [Fact]
    public void A_node_that_has_lost_entries_acknowledges_nothing_that_is_not_committed_without_it()
    {
        (TestCluster cluster, _, TestNode b) = LostTail();
        Term term = b.Node.Term;
        (AppendRequest append, List<TestEntry> entries) = Say.Append("a", "b", term.Value + 1, 2, 2, [2], commit: 2);
        Assert.Equal(2ul, b.Ask<AppendAccepted>(append, entries).Match.Value);
        (append, entries) = Say.Append("a", "b", term.Value + 1, 3, 2, [2, 2, 2], commit: 2);
        b.Outbox.Clear();
        b.Receive(append, entries);
        Assert.Equal(6ul, b.Node.DurableIndex.Value);
        Assert.DoesNotContain(b.Outbox, sent => sent.Message is AppendAccepted { Match.Value: > 2 });
        Assert.True(b.Node.HasLostEntries);
    }

    /// <summary>Trap 8: what stands behind the known commit index may have been acknowledged as well.</summary>
    [Fact]
    public void A_node_that_has_lost_entries_is_whole_when_it_holds_what_a_leader_has_committed_in_a_term_of_its_own()
    {
        (_, _, TestNode b) = LostTail();
        ulong term = b.Node.Term.Value + 1;
        (AppendRequest append, List<TestEntry> entries) = Say.Append("a", "b", term, 2, 2, [2, 2, 2, term], commit: 5);
        Assert.Equal(5ul, b.Ask<AppendAccepted>(append, entries).Match.Value);
        Assert.True(b.Node.HasLostEntries);
        (append, entries) = Say.Append("a", "b", term + 2, 6, term, [term + 2], commit: 7);
        Assert.Equal(7ul, b.Ask<AppendAccepted>(append, entries).Match.Value);
        Assert.False(b.Node.HasLostEntries);
        Assert.Contains(RaftEventKind.WholeAgain, b.EventKinds);
        b.Flush();
        Assert.False(b.DurableState.HasLostEntries);
    }

    /// <summary>The leader of the term may still count what was lost: it is to lead no more.</summary>
    [Fact]
    public void A_node_that_finds_entries_lost_enters_a_term_in_which_it_has_said_nothing()
    {
        var cluster = new TestCluster(3);
        TestNode x = cluster.Add(
            "x", 7, Say.Log(1, 1, 1), new HardState(Say.In(3), new NodeId("b"), Say.At(9)));
        Assert.Equal(4ul, x.Node.Term.Value);
        Assert.True(x.Node.VotedFor.IsNone);
        Assert.True(x.DurableState.HasLostEntries);
        x.Crash();
        x.Start();
        Assert.True(x.Node.HasLostEntries);
        Assert.Equal(4ul, x.Node.Term.Value);
        Assert.Equal(LogIndex.Zero, x.Node.Commit);
    }

    [Fact]
    public void A_leader_whose_disk_makes_no_progress_steps_down_and_another_one_takes_over()
    {
        var cluster = new TestCluster(3);
        TestNode stuck = cluster.Elect("a");
        stuck.DiskIsPrompt = false;
        stuck.Propose(1);
        cluster.TickUntil(() => stuck.Node.Role != Role.Leader, "it steps down", cluster.Options.DiskStallTicks + 5);
        Assert.Contains(RaftEventKind.DiskStalled, stuck.EventKinds);
        cluster.TickUntil(() => cluster.Leader is not null && cluster.Leader != stuck, "another one leads");
        Assert.True(cluster.Leader.Propose(2));
        cluster.Tick(300);
        Assert.Equal(Role.Follower, stuck.Node.Role);
        stuck.DiskIsPrompt = true;
        stuck.Flush();
        cluster.TickUntil(cluster.HasConverged, "it follows again");
    }

    [Fact]
    public void A_voter_whose_disk_hangs_does_not_campaign()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        TestNode stuck = cluster["b"];
        stuck.DiskIsPrompt = false;
        leader.Propose(1);
        cluster.Tick(200);
        leader.Crash();
        cluster["c"].Crash();
        cluster.Tick(200);
        Assert.Equal(Role.Follower, stuck.Node.Role);
        Assert.Single(stuck.EventKinds, e => e == RaftEventKind.DiskStalled);
        stuck.Flush();
        cluster.TickUntil(() => stuck.Node.Role == Role.PreCandidate, "it campaigns once the disk works");
    }

    [Fact]
    public void A_slow_disk_that_makes_progress_keeps_its_leader()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.DiskIsPrompt = false;
        for (ulong i = 1; i < 10; i++)
        {
            leader.Propose(i);
            cluster.Tick(cluster.Options.DiskStallTicks - 10);
            leader.Flush();
        }
        Assert.Equal(Role.Leader, leader.Node.Role);
    }

    [Fact]
    public void Ticks_in_a_row_do_not_raise_the_term_over_entries_not_taken_yet()
    {
        var cluster = new TestCluster(1);
        TestNode only = cluster["a"];
        only.Tick();
        only.Flush();
        Assert.True(only.Node.TryPropose(1, out _));
        only.ProposedByHand([1]);
        Term term = only.Node.Term;
        only.TickWithoutTaking(500);
        Assert.Equal(term, only.Node.Term);
        only.Take();
        Assert.Equal([1ul, term.Value, term.Value], only.Log.Select(e => e.Term.Value));
    }

    /// <summary>
    /// Simulation seed 1236: the only voter led in a term that the loss of power made it forget, then led in it again
    /// with other entries, of which a learner may have seen the first.
    /// </summary>
    [Fact]
    public void The_only_voter_leads_once_its_vote_is_durable()
    {
        var cluster = new TestCluster(1);
        TestNode only = cluster["a"];
        only.TickWithoutTaking(1);
        Assert.Equal(Role.Candidate, only.Node.Role);
        Assert.False(only.Node.TryPropose(1, out _));
        only.Take();
        only.Flush();
        Assert.Equal(Role.Leader, only.Node.Role);
        Assert.Equal(only.Node.Term, only.DurableState.Term);
    }

    /// <summary>
    /// b knew in its hard state that index 5 was committed, and lost everything behind index 2.
    /// </summary>
    private static (TestCluster Cluster, TestNode Leader, TestNode Lost) LostTail()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Propose(1, 2, 3);
        cluster.Tick(250);
        TestNode b = cluster["b"];
        Assert.Equal(5ul, b.DurableState.Commit.Value);
        b.Crash();
        b.LoseTail(2);
        b.Start();
        return (cluster, leader, b);
    }
}
