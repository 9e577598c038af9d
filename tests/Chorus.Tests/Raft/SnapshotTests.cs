using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Logs that begin behind a snapshot, and what a node does with a snapshot of others: traps 9 and
/// 10.</summary>
public sealed class SnapshotTests
{
    private readonly TestCluster _cluster = new(3);

    private TestNode B => _cluster["b"];

    [Fact]
    public void A_leader_that_has_cut_its_log_asks_for_the_cut_first_and_then_says_what_is_missing()
    {
        TestNode leader = Compact();
        ulong cut = leader.Base;
        _cluster.Sent.Clear();
        _cluster.Heal();
        _cluster.TickUntil(() => B.Node.NeedsSnapshot, "b knows that it needs a snapshot");
        Assert.All(
            _cluster.Sent.OfType<AppendRequest>().Where(m => m.To == B.Id),
            m => Assert.True(m.PreviousIndex.Value >= cut));
        SnapshotRequired said = _cluster.Sent.OfType<SnapshotRequired>().First();
        Assert.Equal((cut + 1, leader.Node.Commit), (said.First.Value, said.Commit));
        Assert.Equal(leader.Node.Commit, B.Node.LeaderCommit);
    }

    [Fact]
    public void While_a_member_has_no_snapshot_the_leader_asks_it_no_more_than_once_in_a_while()
    {
        Compact();
        _cluster.Heal();
        _cluster.TickUntil(() => B.Node.NeedsSnapshot, "b knows that it needs a snapshot");
        _cluster.Sent.Clear();
        _cluster.Tick(10 * _cluster.Options.HeartbeatTicks);
        Assert.InRange(_cluster.Sent.OfType<SnapshotRequired>().Count(), 1, 10);
        Assert.True(_cluster.Sent.OfType<AppendRequest>().Count(m => m.To == B.Id) <= 11);
    }

    [Fact]
    public void A_node_that_has_installed_a_snapshot_follows_from_there()
    {
        TestNode leader = Compact();
        _cluster.Heal();
        _cluster.TickUntil(() => B.Node.NeedsSnapshot, "b knows that it needs a snapshot");
        Assert.Equal(SnapshotOutcome.Replaces, B.Install(leader.Applied[..(int)leader.Base]));
        Assert.Equal((leader.Base, leader.Base), (B.Node.Commit.Value, B.Node.DurableIndex.Value));
        leader.Propose(77);
        _cluster.TickUntil(_cluster.HasConverged, "b is where the others are");
        Assert.False(B.Node.NeedsSnapshot);
        Assert.Equal(leader.Node.LastIndex, B.Node.LastIndex);
    }

    [Fact]
    public void A_node_that_installed_a_snapshot_beyond_the_leaders_cut_is_found_there()
    {
        TestNode leader = Compact();
        _cluster.Heal();
        _cluster.TickUntil(() => B.Node.NeedsSnapshot, "b knows that it needs a snapshot");
        B.Install([.. leader.Applied]);
        Assert.True(B.Base > leader.Base);
        _cluster.TickUntil(_cluster.HasConverged, "b is where the others are");
    }

    [Fact]
    public void A_log_that_contradicts_what_the_leader_has_cut_off_is_helped_by_a_snapshot_alone_however_long_it_is()
    {
        TestNode old = _cluster.Elect("b");
        _cluster.Isolate(B);
        for (ulong value = 1; value <= 20; value++)
            old.Propose(100 + value);
        _cluster.TickUntil(() => _cluster.Leader is { } next && next != B, "the others have a leader of their own");
        TestNode leader = Compact(_cluster.Elect());
        Assert.True(B.Node.LastIndex.Value > leader.Base);
        _cluster.Heal();
        _cluster.TickUntil(() => B.Node.NeedsSnapshot, "b knows that it needs a snapshot");
        Assert.True(B.Node.IsContradicted);
        Assert.Equal(SnapshotOutcome.Replaces, B.Install(leader.Applied[..(int)leader.Base]));
        _cluster.TickUntil(_cluster.HasConverged, "b is where the others are");
        Assert.False(B.Node.NeedsSnapshot);
    }

    [Fact]
    public void A_log_that_ends_before_the_snapshot_or_contradicts_it_is_replaced_whole()
    {
        // Entries 2 and 3 of term 2 were never committed; the snapshot says term 3 at index 3 (trap 9).
        Hear(2, 1, 1, [2, 2], commit: 1);
        Hear(3, 3, 3, [], commit: 9);
        List<TestEntry> committed = [B.Log[0], .. Say.Log(2, 3, 3)];
        Assert.Equal(SnapshotOutcome.Replaces, B.Install(committed));
        Assert.Equal((3ul, 3ul), (B.Node.LastIndex.Value, B.Node.TermAt(Say.At(3))!.Value.Value));
        Assert.Null(B.Node.TermAt(Say.At(2)));
    }

    [Fact]
    public void A_log_that_holds_the_snapshots_last_entry_is_kept_with_what_follows()
    {
        Hear(3, 1, 1, [3, 3, 3], commit: 1);
        Hear(3, 9, 3, [], commit: 3);
        Assert.Equal(SnapshotOutcome.Committed, B.Install([B.Log[0], .. Say.Log(2, 3, 3)]));
        Assert.Equal((4ul, 3ul), (B.Node.LastIndex.Value, B.Node.Commit.Value));
    }

    [Fact]
    public void A_snapshot_at_or_below_commit_or_beyond_what_a_leader_named_is_ignored()
    {
        Hear(3, 1, 1, [3, 3], commit: 3);
        Hear(3, 9, 3, [], commit: 6);
        Assert.Equal(SnapshotOutcome.Ignored, B.Install([B.Log[0], .. Say.Log(2, 3)]));
        Assert.Equal(SnapshotOutcome.Ignored, B.Install([B.Log[0], .. Say.Log(2, 3, 3)]));
        Assert.Equal(SnapshotOutcome.Ignored, B.Install([B.Log[0], .. Say.Log(2, 3, 3, 3, 3, 3, 3)]));
        Assert.Equal(SnapshotOutcome.Ignored, B.Install([B.Log[0], .. Say.Log(2, 3, 3, 4)]));
        Assert.Equal(SnapshotOutcome.Replaces, B.Install([B.Log[0], .. Say.Log(2, 3, 3, 3)]));
    }

    [Fact]
    public void A_leader_and_a_candidate_ignore_snapshots()
    {
        Hear(3, 1, 1, [3, 3], commit: 1);
        Hear(3, 9, 3, [], commit: 9);
        while (B.Node.Role == Role.Follower)
            B.Tick();
        List<TestEntry> committed = [B.Log[0], .. Say.Log(2, 3, 3, 3, 3, 3)];
        Assert.Equal(SnapshotOutcome.Ignored, B.Install(committed));
        _cluster.TickUntil(() => B.Node.Role == Role.Leader, "it leads");
        Assert.Equal(SnapshotOutcome.Ignored, B.Install(committed));
    }

    [Fact]
    public void The_members_are_the_snapshots_whatever_the_replaced_log_said()
    {
        // An uncommitted configuration without c stands in the log of b; it was superseded (trap 10).
        Configuration lost = _cluster.Start.Without(Say.Node("c"));
        var entry = new TestEntry(Say.In(2), 0, lost);
        EntryRange range = TestNode.RangeOf([B.Log[0], entry], 2, 3);
        B.Receive(
            new AppendRequest(
                Say.Node("a"), Say.PinOf("a"), B.Id, Say.In(2), Say.At(1), Say.In(1), range, Say.At(1)),
            [entry]);
        Assert.Equal(2, B.Node.Configuration.Members.Count);
        Hear(3, 9, 3, [], commit: 4);
        Configuration now = _cluster.Start.With(TestCluster.MemberOf("d", 9, MemberKind.Learner));
        List<TestEntry> committed = [B.Log[0], new TestEntry(Say.In(3), 0, now), .. Say.Log(3, 3, 3)];
        Assert.Equal(SnapshotOutcome.Replaces, B.Install(committed));
        Assert.Equal(now.ToString(), B.Node.Configuration.ToString());
        Assert.Equal(2ul, B.Node.ConfigurationIndex.Value);
        Assert.Equal(now.ToString(), B.Node.ConfigurationAt(Say.At(4)).Configuration.ToString());
    }

    [Fact]
    public void Entries_up_to_the_cut_are_taken_for_granted_and_acknowledged()
    {
        Hear(3, 1, 1, [3, 3, 3], commit: 4);
        B.CutLog(3);
        (AppendRequest before, List<TestEntry> entries) = Say.Append("a", "b", 3, 1, 1, [3], commit: 4);
        Assert.Equal(4ul, B.Ask<AppendAccepted>(before, entries).Match.Value);
        (AppendRequest across, entries) = Say.Append("a", "b", 3, 1, 1, [3, 3, 3, 3], commit: 4);
        Assert.Equal(5ul, B.Ask<AppendAccepted>(across, entries).Match.Value);
        Assert.Equal(5ul, B.Node.LastIndex.Value);
    }

    [Fact]
    public void A_message_that_contradicts_the_cut_is_refused_and_harms_nobody()
    {
        Hear(3, 1, 1, [3, 3, 3], commit: 4);
        B.CutLog(3);
        (AppendRequest liar, List<TestEntry> entries) = Say.Append("a", "b", 3, 3, 2, [3]);
        Assert.Equal(3ul, B.Ask<AppendRejected>(liar, entries).RejectedIndex.Value);
        Assert.Equal(4ul, B.Node.LastIndex.Value);
    }

    [Fact]
    public void A_node_comes_back_with_a_log_that_begins_behind_its_snapshot()
    {
        Hear(3, 1, 1, [3, 3, 3], commit: 4);
        B.CutLog(3);
        B.Crash();
        B.Start();
        Assert.Null(B.Node.TermAt(Say.At(2)));
        Assert.Equal((3ul, 4ul), (B.Node.TermAt(Say.At(3))!.Value.Value, B.Node.LastIndex.Value));
        Assert.True(B.Node.Commit.Value >= 3);
        Assert.Equal(_cluster.Start.ToString(), B.Node.Configuration.ToString());
    }

    [Fact]
    public void A_snapshot_of_a_term_above_the_hard_state_raises_the_term_without_a_vote()
    {
        var node = new RaftNode(
            Say.Node("b"), 101,
            new RecoveredState(
                new HardState(Say.In(2), Say.Node("a"), Say.At(1)), EntryRange.EmptyAt(Say.At(6)), false, Say.In(4),
                new SnapshotMark(Say.At(5), Say.In(4), new ConfigurationEntry(Say.At(1), _cluster.Start))),
            new RaftOptions(), B, 1);
        Assert.Equal((4ul, true, 5ul), (node.Term.Value, node.VotedFor.IsNone, node.Commit.Value));
        Assert.Equal((4ul, 5ul), (node.TakeEffects().HardState!.Value.Term.Value, node.DurableIndex.Value));
    }

    [Fact]
    public void A_log_that_ends_before_a_snapshot_which_is_lost_neither_votes_nor_campaigns_before_it_has_caught_up()
    {
        foreach (ulong lost in (ulong[])[5, 6])
        {
            var node = new RaftNode(
                Say.Node("b"), 101,
                new RecoveredState(
                    new HardState(Say.In(4), NodeId.None, Say.At(1)), EntryRange.EmptyAt(Say.At(6)), false, Say.In(4),
                    new SnapshotMark(Say.At(5), Say.In(4), new ConfigurationEntry(Say.At(1), _cluster.Start)),
                    Say.At(lost)),
                new RaftOptions(), B, 1);
            Assert.Equal((lost > 5, 5ul), (node.HasLostEntries, node.Commit.Value));
            for (int i = 0; i < 10 * _cluster.Options.ElectionTimeoutTicks; i++)
            {
                node.TakeEffects();
                node.Tick();
            }
            Assert.Equal(lost > 5, node.Role == Role.Follower);
            node.TakeEffects();
            node.Receive(Say.Vote("a", "b", 9, 100, 8));
            IEnumerable<Message> said = node.TakeEffects().Messages.Select(sent => sent.Message);
            Assert.Equal(lost == 5, said.OfType<VoteResponse>().Single().Granted);
        }
    }

    [Fact]
    public void A_joint_configuration_in_force_at_a_snapshot_stays_in_force_behind_it_and_is_left_by_the_next_leader()
    {
        TestNode leader = _cluster.Elect("a");
        Member b = TestCluster.MemberOf("b", 101, MemberKind.Learner) with { IsHeld = true };
        var target = new Configuration([TestCluster.MemberOf("a", 100), b]);
        _cluster.Drops = m => m is AppendAccepted;
        Assert.Equal(ConfigurationProposal.Accepted, leader.Propose(target));
        _cluster.Deliver();
        ulong index = leader.Node.ConfigurationIndex.Value;
        foreach (TestNode node in _cluster.Nodes)
        {
            // All have it durable, so it is committed, and nobody has left it yet.
            node.BeginFrom(index);
            Assert.Equal((index, index), (node.Node.ConfigurationIndex.Value, node.Node.LastIndex.Value));
            Assert.Equal(3, node.Node.Configuration.Previous!.Voters.Count);
            Assert.Equal(leader.Id, Assert.Single(node.Node.Configuration.Voters));
        }
        _cluster.Drops = null;
        _cluster.TickUntil(
            () => _cluster.HasConverged() && !_cluster.Leader.Node.Configuration.IsJoint, "the change is decided");
        Assert.Equal([Say.Node("a")], _cluster.Leader.Node.Configuration.Voters);
    }

    /// <summary>A cluster of which b misses more than the leader's log still holds.</summary>
    private TestNode Compact(TestNode? leader = null)
    {
        leader ??= _cluster.Elect("a");
        _cluster.Isolate(B);
        for (ulong value = 1; value <= 8; value++)
            leader.Propose(value);
        _cluster.TickUntil(() => leader.Node.Commit == leader.Node.LastIndex, "it is committed without b");
        leader.CutLog(leader.Node.Commit.Value - 2);
        return leader;
    }

    private void Hear(ulong term, ulong previous, ulong previousTerm, ulong[] terms, ulong commit)
    {
        (AppendRequest message, List<TestEntry> entries) =
            Say.Append("a", "b", term, previous, previousTerm, terms, commit);
        B.Receive(message, entries);
    }
}
