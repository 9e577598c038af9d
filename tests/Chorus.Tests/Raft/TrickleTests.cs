using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>What only the leader's disk holds must not hold up everybody else, and yet arrive.</summary>
public sealed class TrickleTests
{
    private static readonly RaftOptions Options = new()
    {
        MessageBytes = 2 * TestNode.EntryBytes,
        TrickleBytes = 4 * TestNode.EntryBytes,
    };

    private readonly TestCluster _cluster = new(3, 1, Options);

    [Fact]
    public void A_probe_for_entries_that_only_the_disk_holds_carries_none()
    {
        TestNode leader = LeaderWithLaggard(entries: 20);
        leader.AtHandFrom = leader.Node.LastIndex.Value;
        _cluster["b"].Start();
        _cluster.Sent.Clear();
        _cluster.Drops = m => m is AppendAccepted && m.From.Value == "b";
        _cluster.Tick(5 * Options.HeartbeatTicks);
        Assert.NotEmpty(ToLaggard());
        Assert.DoesNotContain(ToLaggard(), m => m.Entries.Count > 0);
    }

    [Fact]
    public void Entries_from_the_disk_leave_one_message_at_a_time_and_so_many_in_an_interval()
    {
        TestNode leader = LeaderWithLaggard(entries: 40);
        leader.AtHandFrom = leader.Node.LastIndex.Value;
        _cluster["b"].Start();
        _cluster.TickUntil(() => _cluster["b"].Log.Count > 2, "the probe is answered and the first entries come");
        int intervals = 5;
        int before = _cluster["b"].Log.Count;
        _cluster.Tick(intervals * Options.HeartbeatTicks);
        Assert.InRange(_cluster["b"].Log.Count - before, 4 * (intervals - 1), 4 * (intervals + 1));
        Assert.All(ToLaggard(), m => Assert.InRange(m.Entries.Count, 0ul, 2ul));
    }

    [Fact]
    public void While_a_message_from_the_disk_is_on_its_way_no_other_follows()
    {
        TestNode leader = LeaderWithLaggard(entries: 40);
        leader.AtHandFrom = leader.Node.LastIndex.Value;
        _cluster["b"].Start();
        _cluster.TickUntil(() => _cluster["b"].Log.Count > 2, "the first entries come");
        _cluster["b"].DiskIsPrompt = false;
        int before = _cluster["b"].Log.Count;
        _cluster.Tick(10 * Options.HeartbeatTicks);
        Assert.InRange(_cluster["b"].Log.Count - before, 0, 2);
        _cluster["b"].DiskIsPrompt = true;
        _cluster["b"].Flush();
        _cluster.TickUntil(_cluster.HasConverged, "it goes on when the disk has answered");
    }

    [Fact]
    public void A_follower_that_has_come_as_far_as_memory_is_streamed_to_again()
    {
        TestNode leader = LeaderWithLaggard(entries: 40);
        leader.AtHandFrom = 8;
        _cluster["b"].Start();
        _cluster.TickUntil(() => _cluster["b"].Log.Count >= 7, "the trickle reaches memory");
        _cluster.Tick(1);
        Assert.Equal(leader.Log, _cluster["b"].Log);
    }

    [Fact]
    public void A_message_of_the_trickle_that_was_lost_is_sent_again()
    {
        TestNode leader = LeaderWithLaggard(entries: 20);
        leader.AtHandFrom = leader.Node.LastIndex.Value;
        int dropped = 0;
        _cluster.Drops = m => m is AppendRequest { Entries.Count: > 0 } && m.To.Value == "b" && dropped++ % 2 == 0;
        _cluster["b"].Start();
        _cluster.TickUntil(_cluster.HasConverged, "everything arrives");
        Assert.True(dropped > 5);
    }

    [Fact]
    public void The_commit_index_is_told_in_full_while_entries_trickle()
    {
        TestNode leader = LeaderWithLaggard(entries: 400);
        leader.AtHandFrom = leader.Node.LastIndex.Value;
        _cluster["b"].Start();
        _cluster.TickUntil(() => _cluster["b"].Log.Count > 2, "the first entries come");
        leader.Propose(1);
        leader.AtHandFrom = leader.Node.LastIndex.Value;
        _cluster.Sent.Clear();
        _cluster.Tick(2);
        Assert.Contains(ToLaggard(), m => m.Commit == leader.Node.LastIndex);
    }

    private IEnumerable<AppendRequest> ToLaggard() =>
        _cluster.Sent.OfType<AppendRequest>().Where(m => m.To.Value == "b");

    private TestNode LeaderWithLaggard(int entries)
    {
        TestNode leader = _cluster.Elect("a");
        _cluster.Tick(10);
        _cluster["b"].Crash();
        leader.Propose([.. Enumerable.Range(1, entries).Select(i => (ulong)i)]);
        _cluster.Tick(40);
        Assert.Equal(leader.Node.LastIndex, leader.Node.Commit);
        return leader;
    }
}
