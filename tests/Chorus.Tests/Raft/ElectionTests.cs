using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// Raft §5.2, §5.4.1; dissertation §4.2.3 (stickiness), §6.2 (check-quorum), §9.6 (pre-vote).
/// </summary>
public sealed class ElectionTests
{
    [Fact]
    public void A_voter_votes_once_in_a_term()
    {
        TestNode a = new TestCluster(3)["a"];
        Assert.True(a.Ask<VoteResponse>(Say.Vote("b", "a", 5, 1, 1)).Granted);
        Assert.False(a.Ask<VoteResponse>(Say.Vote("c", "a", 5, 1, 1)).Granted);
        Assert.True(a.Ask<VoteResponse>(Say.Vote("b", "a", 5, 1, 1)).Granted);
    }

    [Theory]
    [InlineData(1, 1, false)] // last term older
    [InlineData(9, 1, false)] // longer, but last term older
    [InlineData(2, 2, false)] // same last term, shorter
    [InlineData(3, 2, true)] // equal
    [InlineData(4, 2, true)] // same last term, longer
    [InlineData(1, 3, true)] // shorter, but last term newer
    public void A_vote_goes_only_to_a_log_that_is_at_least_as_up_to_date(ulong lastIndex, ulong lastTerm, bool granted)
    {
        var cluster = new TestCluster(3);
        TestNode a = cluster["a"];
        (AppendRequest append, List<TestEntry> entries) = Say.Append("c", "a", 2, 1, 1, [2, 2]);
        a.Receive(append, entries);
        a.Crash();
        a.Start();
        for (int i = 0; i < cluster.Options.ElectionTimeoutTicks; i++)
            a.Tick();
        Assert.Equal(granted, a.Ask<PreVoteResponse>(Say.PreVote("b", "a", 5, lastIndex, lastTerm)).Granted);
        Assert.Equal(granted, a.Ask<VoteResponse>(Say.Vote("b", "a", 5, lastIndex, lastTerm)).Granted);
    }

    [Fact]
    public void A_pre_vote_changes_neither_term_nor_vote()
    {
        TestNode a = new TestCluster(3)["a"];
        Term before = a.Node.Term;
        Assert.True(a.Ask<PreVoteResponse>(Say.PreVote("b", "a", 7, 1, 1)).Granted);
        Assert.True(a.Ask<PreVoteResponse>(Say.PreVote("c", "a", 7, 1, 1)).Granted);
        Assert.Equal(before, a.Node.Term);
        Assert.True(a.Node.VotedFor.IsNone);
    }

    [Fact]
    public void A_node_cut_off_for_long_returns_without_raising_the_term()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect();
        TestNode lone = cluster.Followers.First();
        cluster.Isolate(lone);
        cluster.Tick(500);
        Assert.Equal(Role.PreCandidate, lone.Node.Role);
        Term term = leader.Node.Term;
        cluster.Heal();
        cluster.TickUntil(cluster.HasConverged, "the lone node follows again");
        Assert.Equal(term, leader.Node.Term);
        Assert.Equal(Role.Leader, leader.Node.Role);
    }

    [Fact]
    public void Followers_of_a_living_leader_refuse_votes_without_taking_over_the_term()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        TestNode follower = cluster["b"];
        Term term = leader.Node.Term;
        Assert.False(follower.Ask<PreVoteResponse>(Say.PreVote("c", "b", 99, 50, 50)).Granted);
        Assert.False(follower.Ask<VoteResponse>(Say.Vote("c", "b", 99, 50, 50)).Granted);
        Assert.False(leader.Ask<VoteResponse>(Say.Vote("c", "a", 99, 50, 50)).Granted);
        Assert.Equal(term, follower.Node.Term);
        Assert.Equal(term, leader.Node.Term);
        for (int i = 0; i < cluster.Options.ElectionTimeoutTicks; i++)
            follower.Tick();
        Assert.True(follower.Ask<VoteResponse>(Say.Vote("c", "b", 99, 50, 50)).Granted);
    }

    [Fact]
    public void A_leader_that_no_quorum_answers_steps_down_and_leads_nobody_astray()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect();
        cluster.Isolate(leader);
        for (int i = 0; i <= cluster.Options.ElectionTimeoutTicks; i++)
            leader.Tick();
        Assert.Equal(Role.Follower, leader.Node.Role);
        Assert.True(leader.Node.Leader.IsNone);
        Assert.Contains(RaftEventKind.LostQuorum, leader.EventKinds);
        Assert.False(leader.Propose(1));
    }

    [Fact]
    public void A_leader_that_only_a_minority_answers_steps_down()
    {
        var cluster = new TestCluster(5);
        TestNode leader = cluster.Elect();
        foreach (TestNode dead in cluster.Followers.Take(3).ToList())
            dead.Crash();
        cluster.Tick(cluster.Options.ElectionTimeoutTicks + 1);
        Assert.NotEqual(Role.Leader, leader.Node.Role);
    }

    [Fact]
    public void The_only_voter_elects_itself_at_the_first_tick()
    {
        var cluster = new TestCluster(1);
        cluster.Tick();
        Assert.Equal(Role.Leader, cluster["a"].Node.Role);
        Assert.True(cluster["a"].Propose(1));
        Assert.Equal(3ul, cluster["a"].Node.Commit.Value);
    }

    [Fact]
    public void A_fixed_start_begins_when_all_its_founders_are_there_and_then_needs_a_majority()
    {
        var cluster = new TestCluster(3, pinned: false);
        cluster["c"].Crash();
        cluster.Tick(1_000);
        Assert.All(cluster.Nodes, node => Assert.Equal(1ul, node.Node.LastIndex.Value));
        Assert.Contains(
            cluster["a"].Events, e => e.Kind == RaftEventKind.AwaitsFounder && e.Node == cluster["c"].Id);
        cluster["c"].Start();
        TestNode leader = cluster.Elect();
        cluster.TickUntil(cluster.HasConverged, "settled");
        leader.Crash();
        Assert.NotSame(leader, cluster.Elect());
    }

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(false, true, 1)]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 1)]
    [InlineData(false, false, 2)]
    [InlineData(false, true, 2)]
    [InlineData(false, false, 3)]
    [InlineData(false, true, 3)]
    public void Founders_that_have_lost_their_disks_do_not_begin_anew(bool areTwo, bool isOtherThere, ulong reached)
    {
        var cluster = new TestCluster(3, pinned: false);
        // One founder hears no more than the first entries, in which not everybody is pinned.
        cluster.Drops = message => message is AppendRequest { To.Value: "c" } append
            && append.Entries.Until.Value > reached + 1;
        cluster.Elect("b");
        for (int i = 0; i < 20; i++)
        {
            cluster["b"].Tick();
            cluster.Deliver();
        }
        cluster["b"].Propose(1);
        cluster.Deliver();
        Assert.True(cluster["b"].Node.Commit.Value > 5);
        Assert.Equal(reached, cluster["c"].Node.LastIndex.Value);
        cluster.Drops = null;
        List<TestEntry> committed = [.. cluster["b"].Log.Take((int)cluster["b"].Node.Commit.Value)];
        foreach (TestNode node in cluster.Nodes)
            node.Crash();
        foreach (string lost in areTwo ? new[] { "a", "c" } : ["a"])
        {
            cluster[lost].Wipe(555);
            cluster[lost].DurableLog.Add(new TestEntry(new Term(1), 0, cluster.Start));
            cluster[lost].DurableState = new HardState(new Term(1), NodeId.None, LogIndex.Zero);
        }
        cluster["a"].Start();
        cluster["c"].Start();
        if (isOtherThere)
            cluster["b"].Start();
        cluster.Tick(1_000);
        // b holds what was committed: either it leads, or nobody does.
        Assert.DoesNotContain(cluster.Nodes, node => node != cluster["b"] && node.Node.Role == Role.Leader);
        Assert.Equal(committed, cluster["b"].DurableLog.Take(committed.Count));
    }

    [Fact]
    public void A_founder_that_has_lost_its_disk_does_not_elect_itself_with_what_it_was_sent_again()
    {
        var cluster = new TestCluster(3, pinned: false);
        bool Reaches(Message message, string to) =>
            message is AppendRequest append && append.To.Value == to && append.Entries.Until.Value > 4;
        cluster.Drops = message => Reaches(message, "a");
        TestNode leader = cluster.Elect("b");
        for (int i = 0; i < 20; i++)
        {
            leader.Tick();
            cluster.Deliver();
        }
        Assert.True(leader.Node.Commit.Value > 3);
        cluster["c"].Crash();
        cluster["c"].Wipe(555);
        cluster["c"].DurableLog.Add(new TestEntry(new Term(1), 0, cluster.Start));
        cluster["c"].DurableState = new HardState(new Term(1), NodeId.None, LogIndex.Zero);
        // In what it is sent, a is pinned, and nobody else is.
        (AppendRequest append, List<TestEntry> entries) = (
            new AppendRequest(
                leader.Id, leader.Incarnation, new NodeId("c"), leader.Node.Term, new LogIndex(1), new Term(1),
                TestNode.RangeOf(leader.Log, 2, 4), new LogIndex(3)),
            leader.Log[1..3]);
        leader.Crash();
        cluster["c"].Start();
        cluster["c"].Receive(append, entries);
        Assert.Equal([3ul, 3ul], new[] { "a", "c" }.Select(id => cluster[id].Node.LastIndex.Value));
        cluster.Drops = null;
        cluster.Tick(1_000);
        Assert.DoesNotContain(cluster.Nodes, node => node.IsUp && node.Node.Role == Role.Leader);
    }

    [Fact]
    public void A_founder_that_nobody_has_pinned_helps_to_elect_only_with_all_others()
    {
        var cluster = new TestCluster(3, pinned: false);
        cluster.Drops = message => message.From.Value == "c" && message is not (PreVoteResponse or VoteResponse);
        TestNode leader = cluster.Elect("a");
        for (int i = 0; i < 20; i++)
        {
            leader.Tick();
            cluster.Deliver();
        }
        Assert.Equal([100ul, 101ul, 0ul], leader.Node.Configuration.Members.Select(m => m.Incarnation));
        cluster.Drops = null;
        leader.Crash();
        cluster.Tick(1_000);
        Assert.DoesNotContain(cluster.Nodes, node => node.IsUp && node.Node.Role == Role.Leader);
        leader.Start();
        cluster.Elect();
        cluster.TickUntil(
            () => cluster.Leader.Node.Configuration.Members.All(m => m.Incarnation != 0), "all are pinned");
    }

    [Fact]
    public void Timeouts_are_drawn_from_the_seed_between_one_and_two_election_timeouts()
    {
        HashSet<int> drawn = [];
        for (ulong seed = 0; seed < 200; seed++)
        {
            TestNode a = new TestCluster(3, seed)["a"];
            int ticks = 0;
            for (; a.Node.Role == Role.Follower; ticks++)
                a.Tick();
            Assert.InRange(ticks, 30, 59);
            drawn.Add(ticks);
        }
        Assert.True(drawn.Count > 20, $"only {drawn.Count} different timeouts");
    }

    [Fact]
    public void The_voter_of_the_highest_priority_campaigns_first_and_the_others_in_the_end()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var cluster = new TestCluster(3, seed);
            var ranked = new Configuration([
                TestCluster.MemberOf("a", 100, priority: 10), TestCluster.MemberOf("b", 101, priority: 90),
                TestCluster.MemberOf("c", 102, priority: 50)]);
            var nodes = "abc".Select((c, i) => cluster.Add(
                c.ToString(), TestCluster.Pin(i), [new TestEntry(new Term(1), 0, ranked)])).ToList();
            Assert.Equal(nodes[1], cluster.Elect());
            nodes[1].Crash();
            cluster.TickUntil(() => nodes[2].Node.Role == Role.Leader, "the next in rank leads");
            nodes[1].Start();
            nodes[2].Crash();
            cluster.Tick(5);
            nodes[1].Crash();
            nodes[2].Start();
            nodes[2].Crash();
            nodes[1].Start();
            cluster.Isolate(nodes[1]);
            // The lowest one campaigns too when it hears of nobody.
            cluster.TickUntil(() => nodes[0].Node.Role == Role.PreCandidate, "the lowest one does not wait for ever");
        }
    }

    [Fact]
    public void A_candidate_follows_the_leader_of_its_term()
    {
        var cluster = new TestCluster(3) { Drops = m => m is VoteRequest };
        TestNode a = cluster["a"];
        cluster.TickUntil(() => a.Node.Role == Role.Candidate, "a candidate");
        a.Receive(Say.Beat("b", "a", a.Node.Term.Value));
        Assert.Equal(Role.Follower, a.Node.Role);
        Assert.Equal("b", a.Node.Leader.Value);
        Assert.Equal("a", a.Node.VotedFor.Value);
    }

    [Fact]
    public void A_higher_term_in_an_answer_deposes_a_leader()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Receive(Say.Alive("b", "a", 99, 1, 1));
        Assert.Equal(Role.Follower, leader.Node.Role);
        Assert.Equal(99ul, leader.Node.Term.Value);
    }

    [Fact]
    public void Vote_requests_and_votes_wait_until_the_hard_state_is_durable()
    {
        var cluster = new TestCluster(3);
        TestNode b = cluster["b"];
        b.DiskIsPrompt = false;
        b.Receive(Say.Vote("a", "b", 5, 1, 1));
        Assert.True(Assert.Single(b.Outbox).AfterHardState);
        Assert.Equal(0, cluster.OnTheWay);
        b.Flush();
        Assert.Equal(1, cluster.OnTheWay);
        Assert.Equal(new HardState(Say.In(5), Say.Node("a"), LogIndex.Zero), b.DurableState);
    }

    [Fact]
    public void A_node_without_a_configuration_never_campaigns_but_votes_when_asked()
    {
        var cluster = new TestCluster(3);
        TestNode fresh = cluster.Add("d", 103, []);
        for (int i = 0; i < 1000; i++)
            fresh.Tick();
        Assert.Equal(Role.Follower, fresh.Node.Role);
        Assert.True(fresh.Ask<VoteResponse>(Say.Vote("a", "d", 5, 1, 1)).Granted);
    }
}
