using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// What a follower makes of AppendEntries: Raft §5.3, figure 2 "Receiver implementation"; traps 2, 12, 13,
/// 16.
/// </summary>
public sealed class FollowerTests
{
    private readonly TestCluster _cluster = new(3);
    private TestNode B => _cluster["b"];

    [Fact]
    public void A_follower_acknowledges_only_what_is_durable()
    {
        Hear(2, 1, 1, [2, 2, 2]);
        B.DiskIsPrompt = false;
        B.Outbox.Clear();
        Hear(2, 4, 2, [2, 2]);
        Assert.DoesNotContain(B.Outbox, o => o.Message is AppendAccepted);
        B.Flush();
        Assert.Equal(6ul, Acknowledged());
    }

    [Fact]
    public void Entries_of_several_messages_that_one_fsync_makes_durable_are_acknowledged_once()
    {
        Hear(2, 1, 1, [2]);
        B.DiskIsPrompt = false;
        B.Outbox.Clear();
        Hear(2, 2, 2, [2]);
        Hear(2, 3, 2, [2]);
        Hear(2, 4, 2, [2]);
        B.Flush();
        Assert.Equal(5ul, Acknowledged());
    }

    [Fact]
    public void Entries_that_are_durable_but_not_compared_with_this_leaders_log_are_not_acknowledged()
    {
        Hear(2, 1, 1, [2, 2, 2]);
        B.Outbox.Clear();
        // Another leader proves index 2 only: what stands behind it may differ from its log.
        (AppendRequest append, _) = Say.Append("c", "b", 3, 2, 2, []);
        Assert.Equal(2ul, B.Ask<AppendAccepted>(append).Match.Value);
    }

    [Fact]
    public void A_short_or_late_message_truncates_nothing_that_matches()
    {
        Hear(2, 1, 1, [2, 2, 2, 2]);
        Hear(2, 1, 1, [2]);
        Hear(2, 2, 2, []);
        Hear(2, 1, 1, [2, 2, 2]);
        Assert.Equal(5, B.Log.Count);
        Assert.DoesNotContain(RaftEventKind.Truncated, B.EventKinds);
    }

    [Fact]
    public void Only_a_real_conflict_truncates_and_from_there_on()
    {
        Hear(2, 1, 1, [2, 2, 2, 2]);
        Hear(4, 2, 2, [2, 4]);
        Assert.Equal([1, 2, 2, 4], B.Log.Select(e => e.Term.Value));
        Assert.Contains(new RaftEvent(RaftEventKind.Truncated, Say.Node("b"), Say.In(4), Say.At(4)), B.Events);
    }

    [Fact]
    public void Commit_goes_no_further_than_what_a_message_has_proven()
    {
        Hear(2, 1, 1, [2, 2, 2, 2]);
        (AppendRequest append, _) = Say.Append("c", "b", 3, 2, 2, [], commit: 5);
        B.Receive(append);
        Assert.Equal(2ul, B.Node.Commit.Value);
    }

    [Fact]
    public void A_contradiction_of_a_committed_entry_stops_the_node_with_its_log_intact()
    {
        Hear(2, 1, 1, [2, 2], commit: 3);
        Assert.Throws<InvariantViolationException>(() => Hear(3, 1, 1, [3]));
        Assert.Equal([1, 2, 2], B.DurableLog.Select(e => e.Term.Value));
    }

    [Fact]
    public void The_disk_gets_the_term_before_the_cut_and_the_cut_before_the_entries()
    {
        Hear(2, 1, 1, [2, 2]);
        B.DiskOrder.Clear();
        Hear(3, 2, 2, [3]);
        Assert.Equal(["hard state", "truncate", "append"], B.DiskOrder);
    }

    [Fact]
    public void A_report_of_the_disk_about_an_entry_truncated_meanwhile_is_ignored()
    {
        Hear(2, 1, 1, [2]);
        B.DiskIsPrompt = false;
        Hear(2, 2, 2, [2, 2]);
        Hear(3, 2, 2, [3, 3]);
        Assert.Equal(2ul, B.Node.DurableIndex.Value);
        B.Node.LogDurable(Say.At(4), Say.In(2));
        B.Take();
        Assert.Equal(2ul, B.Node.DurableIndex.Value);
    }

    [Fact]
    public void The_answer_to_a_stale_leader_names_the_higher_term_and_changes_nothing()
    {
        Hear(5, 1, 1, [5]);
        (AppendRequest stale, List<TestEntry> entries) = Say.Append("c", "b", 4, 1, 1, [4, 4]);
        Assert.Equal(5ul, B.Ask<AppendRejected>(stale, entries).Term.Value);
        Assert.Equal([1, 5], B.Log.Select(e => e.Term.Value));
        Assert.Equal("a", B.Node.Leader.Value);
    }

    [Fact]
    public void A_heartbeat_commits_what_this_node_acknowledged_and_never_beyond_its_log()
    {
        Hear(2, 1, 1, [2, 2]);
        B.Receive(Say.Beat("a", "b", 2, commit: 3));
        Assert.Equal(3ul, B.Node.Commit.Value);
        B.Receive(Say.Beat("a", "b", 2, commit: 2));
        Assert.Equal(3ul, B.Node.Commit.Value);
    }

    [Fact]
    public void A_truncated_configuration_is_rolled_back_to_the_one_before()
    {
        Configuration four = _cluster.Start.With(TestCluster.MemberOf("d", 103, MemberKind.Learner));
        Configuration five = four.With(TestCluster.MemberOf("e", 104, MemberKind.Learner));
        List<TestEntry> entries = [new(Say.In(2), 1, four), new(Say.In(2), 2), new(Say.In(2), 3, five)];
        EntryRange range = TestNode.RangeOf([new(Say.In(1), 0), .. entries], 2, 5);
        B.Receive(
            new AppendRequest(Say.Node("a"), 100, Say.Node("b"), Say.In(2), Say.At(1), Say.In(1), range, Say.At(1)),
            entries);
        Assert.Equal(4ul, B.Node.ConfigurationIndex.Value);
        Hear(3, 3, 2, [3]);
        Assert.Equal(2ul, B.Node.ConfigurationIndex.Value);
        Assert.Equal(four.Members, B.Node.Configuration.Members);
        Hear(4, 1, 1, [4]);
        Assert.Equal(1ul, B.Node.ConfigurationIndex.Value);
        Assert.Contains(RaftEventKind.ConfigurationRolledBack, B.EventKinds);
    }

    [Fact]
    public void The_commit_index_is_written_down_in_time_and_never_ahead_of_the_own_disk()
    {
        Hear(2, 1, 1, [2, 2], commit: 3);
        B.DiskIsPrompt = false;
        Hear(2, 3, 2, [2, 2], commit: 5);
        for (int i = 0; i < 100; i++)
            B.Receive(Say.Beat("a", "b", 2));
        for (int i = 0; i < 101; i++)
            B.Tick();
        B.Flush();
        Assert.Equal(3ul, B.DurableState.Commit.Value);
        for (int i = 0; i < 101; i++)
            B.Tick();
        B.Flush();
        Assert.Equal(5ul, B.DurableState.Commit.Value);
    }

    private ulong Acknowledged() =>
        Assert.Single(B.Outbox.Select(o => o.Message).OfType<AppendAccepted>()).Match.Value;

    private void Hear(ulong term, ulong previousIndex, ulong previousTerm, ulong[] terms, ulong commit = 0)
    {
        (AppendRequest append, List<TestEntry> entries) =
            Say.Append("a", "b", term, previousIndex, previousTerm, terms, commit);
        B.Receive(append, entries);
    }
}
