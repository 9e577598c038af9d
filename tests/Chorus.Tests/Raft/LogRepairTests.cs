using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// Raft §5.3: followers' logs are brought to equal the leader's; figure 7 draws how they can differ.
/// </summary>
public sealed class LogRepairTests
{
    private static readonly ulong[] LeaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];

    [Theory]
    [InlineData("1 1 1 4 4 5 5 6 6")] // (a) lacks one
    [InlineData("1 1 1 4")] // (b) lacks many
    [InlineData("1 1 1 4 4 5 5 6 6 6 6")] // (c) has one more of the last term
    [InlineData("1 1 1 4 4 5 5 6 6 6 7 7")] // (d) has a term more
    [InlineData("1 1 1 4 4 4 4")] // (e) lacks and has more
    [InlineData("1 1 1 2 2 2 3 3 3 3 3")] // (f) has two terms more
    [InlineData("1")]
    [InlineData("1 2 3 3 3 7 7")]
    [InlineData("1 1 1 4 4 5 5 6 6 6")] // equal
    public void A_follower_of_figure_7_is_brought_to_the_leaders_log(string terms)
    {
        ulong[] followerTerms = [.. terms.Split(' ').Select(ulong.Parse)];
        var cluster = new TestCluster(3);
        Term seven = Say.In(7);
        TestNode leader = cluster.Add("a", 100, Log(cluster, LeaderTerms), new(seven, NodeId.None, LogIndex.Zero));
        TestNode other = cluster.Add("b", 101, Log(cluster, followerTerms), new(seven, NodeId.None, LogIndex.Zero));
        cluster.Add("c", 102, Log(cluster, LeaderTerms), new(seven, NodeId.None, LogIndex.Zero));
        cluster.Elect("a");
        cluster.TickUntil(cluster.HasConverged, "all logs are equal");
        Assert.Equal(leader.Log, other.Log);
        Assert.Equal(leader.DurableLog, other.DurableLog);
        Assert.Equal(LeaderTerms.Append(8ul), other.Log.Select(e => e.Term.Value));
    }

    [Fact]
    public void The_search_for_the_common_entry_skips_a_whole_term_with_each_message()
    {
        var cluster = new TestCluster(2);
        ulong[] shared = [1, .. Enumerable.Repeat(2ul, 50)];
        cluster.Add(
            "a", 100, Log(cluster, [.. shared, .. Enumerable.Repeat(5ul, 500)]), new(Say.In(6), NodeId.None, default));
        TestNode other = cluster.Add(
            "b", 101, Log(cluster, [.. shared, .. Enumerable.Repeat(3ul, 300), .. Enumerable.Repeat(4ul, 300)]),
            new(Say.In(6), NodeId.None, default));
        cluster.Elect("a");
        cluster.TickUntil(cluster.HasConverged, "both logs are equal");
        int refusals = cluster.Sent.OfType<AppendRejected>().Count();
        Assert.InRange(refusals, 1, 3);
        Assert.Equal(1, other.EventKinds.Count(e => e == RaftEventKind.Truncated));
    }

    [Fact]
    public void A_follower_that_lacks_much_is_streamed_to_within_the_window()
    {
        var options = new RaftOptions { WindowEntries = 1000, MessageBytes = 20_000, WindowBytes = 50_000 };
        var cluster = new TestCluster(2, 1, options);
        List<TestEntry> log = Log(cluster, [1, .. Enumerable.Repeat(2ul, 100_000)]);
        cluster.Add("a", 100, log, new(Say.In(2), NodeId.None, default));
        TestNode behind = cluster["b"];
        ulong mostOnTheWay = 0;
        cluster.Drops = m =>
        {
            if (m is AppendRequest append)
            {
                Assert.True(append.Entries.Count <= 200, "a message has a limit in bytes");
                PeerStatus peer = cluster["a"].Node.Peers.Single();
                if (peer.State == ProgressState.Replicate)
                    mostOnTheWay = Math.Max(mostOnTheWay, append.Entries.Until.Value - 1 - peer.Match.Value);
            }
            return false;
        };
        cluster.Elect("a");
        cluster.TickUntil(cluster.HasConverged, "the follower has caught up");
        Assert.Equal(100_002, behind.Log.Count);
        Assert.InRange(mostOnTheWay, 300ul, 500ul + 1);
    }

    /// <summary>
    /// Found by simulation: every pair of a late refusal and a late acknowledgement sent a whole window again, whose
    /// answers came out of order in turn; a network that reorders never came to rest.
    /// </summary>
    [Fact]
    public void An_acknowledgement_of_older_entries_does_not_end_a_probe()
    {
        var cluster = new TestCluster(2, 1, new RaftOptions { MessageBytes = 1 });
        cluster.Elect("a");
        cluster.TickUntil(cluster.HasConverged, "the follower has everything");
        TestNode leader = cluster["a"];
        ulong term = leader.Node.Term.Value;
        ulong match = leader.Node.LastIndex.Value;
        cluster.Drops = _ => true;
        leader.Propose(1, 2, 3, 4, 5, 6, 7, 8);
        leader.Receive(new AppendRejected(
            Say.Node("b"), Say.PinOf("b"), leader.Id, Say.In(term), Say.At(match + 5), Term.Zero, Say.At(match + 4)));
        Assert.Equal(ProgressState.Probe, leader.Node.Peers.Single().State);
        leader.Outbox.Clear();

        leader.Receive(Say.Accepted("b", "a", term, match + 1));
        Assert.Equal(ProgressState.Probe, leader.Node.Peers.Single().State);
        Assert.DoesNotContain(leader.Outbox, o => o.Message is AppendRequest { Entries.Count: > 0 });

        leader.Receive(Say.Accepted("b", "a", term, match + 3));
        Assert.Equal(ProgressState.Replicate, leader.Node.Peers.Single().State);
        Assert.Equal(5, leader.Outbox.Count(o => o.Message is AppendRequest { Entries.Count: 1 }));
    }

    private static List<TestEntry> Log(TestCluster cluster, ulong[] terms)
    {
        List<TestEntry> log = Say.Log(1, terms);
        log[0] = new TestEntry(Say.In(1), 0, cluster.Start);
        return log;
    }
}
