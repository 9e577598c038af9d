using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Committed entries that a follower has fetched elsewhere: traps 8, 12, 13.</summary>
public sealed class CommittedEntriesTests
{
    private readonly TestCluster _cluster = new(3);
    private TestNode B => _cluster["b"];

    [Fact]
    public void Fetched_entries_are_committed_at_once_and_acknowledged_when_they_are_durable()
    {
        Hear(3, commit: 9);
        B.DiskIsPrompt = false;
        B.Outbox.Clear();
        Assert.True(B.AppendCommitted(Say.Log(2, 2, 2, 3)));
        Assert.Equal(4ul, B.Node.Commit.Value);
        Assert.Empty(B.Outbox);
        B.Flush();
        AppendAccepted accepted = Assert.Single(B.Outbox.Select(o => o.Message).OfType<AppendAccepted>());
        Assert.Equal((4ul, 3ul, "a"), (accepted.Match.Value, accepted.Term.Value, accepted.To.Value));
    }

    [Fact]
    public void Entries_beyond_the_commit_index_that_a_leader_has_named_are_refused()
    {
        // Another leader of a higher term may have committed them, while this one holds others there (trap 13).
        Hear(3, commit: 3);
        Assert.False(B.AppendCommitted(Say.Log(2, 2, 2, 2)));
        Assert.Single(B.Log);
        Assert.True(B.AppendCommitted(Say.Log(2, 2, 2)));
        Assert.False(B.AppendCommitted(Say.Log(4, 2)));
        Assert.Equal(3ul, B.Node.LeaderCommit.Value);
    }

    [Fact]
    public void Before_any_leader_was_heard_nothing_is_taken()
    {
        Assert.False(B.AppendCommitted(Say.Log(2, 1)));
        Assert.Equal(Say.At(1), B.Node.LastIndex);
    }

    [Fact]
    public void What_a_deposed_leader_names_counts_for_nothing()
    {
        Hear(5, commit: 1);
        (AppendRequest stale, _) = Say.Append("c", "b", 4, 1, 1, [], commit: 9);
        B.Receive(stale);
        B.Receive(Say.Beat("c", "b", 4, commit: 9));
        Assert.False(B.AppendCommitted(Say.Log(2, 4)));
    }

    [Fact]
    public void Entries_that_do_not_follow_the_last_one_are_refused()
    {
        Hear(3, commit: 9);
        Assert.False(B.Node.TryAppendCommitted(RangeAt(3)));
        B.Take();
        Assert.True(B.AppendCommitted(Say.Log(2, 3, 3)));
        Assert.False(B.Node.TryAppendCommitted(RangeAt(3)));
        B.Take();
        Assert.Equal(3, B.Log.Count);
    }

    [Fact]
    public void Entries_of_a_term_above_the_own_one_are_refused()
    {
        Hear(3, commit: 9);
        Assert.False(B.AppendCommitted(Say.Log(2, 3, 4)));
        Assert.Single(B.Log);
    }

    [Fact]
    public void A_leader_and_a_candidate_take_none()
    {
        TestNode leader = _cluster.Elect("a");
        leader.Propose(1);
        _cluster.Tick(5);
        Assert.False(leader.AppendCommitted(Say.Log(leader.Node.LastIndex.Value + 1, 1)));
        while (B.Node.Role == Role.Follower)
            B.Tick();
        Assert.False(B.AppendCommitted(Say.Log(B.Node.LastIndex.Value + 1, 1)));
    }

    [Fact]
    public void The_leader_goes_on_behind_what_was_fetched_and_sends_none_of_it()
    {
        var options = new RaftOptions { TrickleBytes = TestNode.EntryBytes, MessageBytes = 3 * TestNode.EntryBytes };
        var cluster = new TestCluster(3, 1, options);
        TestNode leader = cluster.Elect("a");
        cluster.Tick(10);
        TestNode laggard = cluster["b"];
        laggard.Crash();
        leader.Propose([.. Enumerable.Range(1, 300).Select(i => (ulong)i)]);
        cluster.Tick(30);
        leader.AtHandFrom = leader.Node.LastIndex.Value;
        laggard.Start();
        cluster.TickUntil(() => laggard.Node.LeaderCommit == leader.Node.Commit, "it learns how far the others are");
        cluster.Sent.Clear();
        Assert.True(laggard.AppendCommitted(leader.Applied[laggard.Log.Count..]));
        cluster.TickUntil(
            () => leader.Node.Peers.Single(p => p.Id == laggard.Id).Match == leader.Node.LastIndex,
            "the leader knows it");
        Assert.True(cluster.Sent.OfType<AppendRequest>().Where(m => m.To == laggard.Id)
            .Sum(m => (int)m.Entries.Count) <= 3);
        Assert.DoesNotContain(RaftEventKind.Truncated, laggard.EventKinds);
    }

    [Fact]
    public void What_the_leader_sends_of_fetched_entries_is_found_there()
    {
        Hear(3, commit: 9);
        B.AppendCommitted(Say.Log(2, 2, 2, 3));
        B.Outbox.Clear();
        (AppendRequest append, List<TestEntry> entries) = Say.Append("a", "b", 3, 1, 1, [2, 2], commit: 9);
        Assert.Equal(4ul, B.Ask<AppendAccepted>(append, entries).Match.Value);
        Assert.Equal(4, B.Log.Count);
        Assert.DoesNotContain(RaftEventKind.Truncated, B.EventKinds);
    }

    [Fact]
    public void A_log_that_lost_acknowledged_entries_is_made_whole_by_fetched_ones()
    {
        TestNode node = _cluster.Add(
            "d", 103, Say.Log(1, 1, 1), new HardState(Say.In(1), NodeId.None, Say.At(4)));
        Assert.True(node.Node.HasLostEntries);
        node.Receive(Say.Append("a", "d", 3, 2, 1, [], commit: 4).Message);
        Assert.True(node.AppendCommitted(Say.Log(3, 1)));
        Assert.True(node.Node.HasLostEntries);
        Assert.True(node.AppendCommitted(Say.Log(4, 1)));
        Assert.True(node.Node.HasLostEntries);
        node.Receive(Say.Append("a", "d", 3, 4, 1, [], commit: 5).Message);
        Assert.True(node.AppendCommitted([new TestEntry(Say.In(3), 0, null)]));
        Assert.False(node.Node.HasLostEntries);
    }

    [Fact]
    public void A_configuration_among_fetched_entries_is_in_force()
    {
        Hear(3, commit: 9);
        Configuration next = _cluster.Start.With(TestCluster.MemberOf("o", 7, MemberKind.Observer));
        Assert.True(B.AppendCommitted([new TestEntry(Say.In(3), 0, next)]));
        Assert.Equal(2ul, B.Node.ConfigurationIndex.Value);
        Assert.Contains(RaftEventKind.ConfigurationCommitted, B.EventKinds);
    }

    private static EntryRange RangeAt(ulong from) =>
        new(Say.At(from), Say.At(from + 1), [new TermRun(Say.At(from), Say.In(3))], []);

    /// <summary>The leader a speaks and names a commit index that this node is far from.</summary>
    private void Hear(ulong term, ulong commit) => B.Receive(Say.Append("a", "b", term, 1, 1, [], commit).Message);
}
