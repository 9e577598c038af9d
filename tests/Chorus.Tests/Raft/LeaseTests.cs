using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Reads by the leader's lease: Raft dissertation §6.4.1; trap 23.</summary>
public sealed class LeaseTests
{
    private const long Lease = 1_000;

    private static readonly RaftOptions Options = new() { LeaseMicros = Lease };

    [Fact]
    public void A_read_is_granted_at_once_while_the_lease_holds()
    {
        (_, TestNode leader) = LeaderWithRoundSentAt(100);
        Assert.Equal(100 + Lease, leader.Node.LeaseEndMicros);
        Assert.True(leader.ReadAt(ReadKind.Lease, 100 + Lease - 1, out ulong ticket));
        Assert.Equal(new ReadGrant(ReadKind.Lease, ticket, leader.Node.Commit), Assert.Single(leader.Reads));
    }

    [Fact]
    public void Without_a_lease_a_read_waits_for_a_round_of_heartbeats()
    {
        (TestCluster cluster, TestNode leader) = LeaderWithRoundSentAt(100);
        leader.ReadAt(ReadKind.Lease, 100 + Lease, out ulong ticket);
        Assert.Empty(leader.Reads);
        cluster.Deliver();
        Assert.Equal(ticket, Assert.Single(leader.Reads).Ticket);
    }

    [Fact]
    public void The_lease_counts_from_the_send_of_the_round_and_not_from_the_answers()
    {
        var cluster = new TestCluster(3, options: Options);
        TestNode leader = cluster.Elect("a");
        leader.Node.ClockRead(100);
        leader.Read(out _);
        List<TestCluster.Envelope> requests = cluster.TakeNetwork();
        leader.Node.ClockRead(900);
        foreach (TestCluster.Envelope request in requests)
            cluster.Hand(request);
        cluster.Deliver();
        leader.Reads.Clear();
        leader.ReadAt(ReadKind.Lease, 100 + Lease, out _);
        Assert.Empty(leader.Reads);
    }

    [Fact]
    public void A_lease_serves_no_read_that_came_after_the_clock_was_read()
    {
        (TestCluster cluster, TestNode leader) = LeaderWithRoundSentAt(100);
        leader.Node.ClockRead(200);
        // Here the process may stand still for as long as it likes, and the read may come at the end of that.
        leader.Read(ReadKind.Lease, out _);
        Assert.Empty(leader.Reads);
        leader.Node.ClockRead(100 + Lease);
        leader.Take();
        Assert.Empty(leader.Reads);
        cluster.Deliver();
        Assert.Single(leader.Reads);
    }

    [Fact]
    public void No_clock_grants_a_read_by_ReadIndex()
    {
        (_, TestNode leader) = LeaderWithRoundSentAt(100);
        leader.ReadAt(ReadKind.Index, 101, out _);
        Assert.Empty(leader.Reads);
    }

    [Fact]
    public void A_minority_gives_no_lease()
    {
        var cluster = new TestCluster(5, options: Options);
        TestNode leader = cluster.Elect("a");
        leader.Node.ClockRead(10_000);
        foreach (TestNode other in cluster.Followers.Take(3))
            cluster.Cut(other, leader);
        leader.Read(out _);
        cluster.Deliver();
        Assert.Equal(0, leader.Node.LeaseEndMicros);
        cluster.Heal();
        cluster.Tick(Options.HeartbeatTicks);
        Assert.True(leader.Node.LeaseEndMicros > 0);
    }

    [Fact]
    public void A_learner_gives_no_lease()
    {
        var cluster = new TestCluster(1, options: Options with { PromotionLagEntries = 0 });
        cluster.Tick();
        TestNode leader = cluster["a"];
        TestNode learner = cluster.Add("b", TestCluster.Pin(1), []);
        leader.Propose(cluster.Start.With(TestCluster.MemberOf("b", TestCluster.Pin(1), MemberKind.Learner)));
        leader.Node.ClockRead(100);
        leader.Read(out _);
        Assert.True(leader.Node.LeaseEndMicros > 0);
        cluster.Drops = m => m.From == learner.Id && m is HeartbeatResponse;
        cluster.TickUntil(() => leader.Node.Configuration.IsVoter(learner.Id), "the learner votes");
        leader.Node.ClockRead(10_000);
        leader.Read(out _);
        cluster.Deliver();
        Assert.Equal(0, leader.Node.LeaseEndMicros);
    }

    [Fact]
    public void A_new_leader_grants_nothing_by_a_lease_before_an_entry_of_its_term_is_committed()
    {
        var cluster = new TestCluster(3, options: Options);
        cluster.Drops = m => m is AppendRequest;
        cluster.TickUntil(() => cluster.Leader is not null, "a leader");
        TestNode leader = cluster.Leader;
        leader.Node.ClockRead(100);
        cluster.Tick(Options.HeartbeatTicks);
        Assert.True(leader.Node.LeaseEndMicros > 0);
        leader.ReadAt(ReadKind.Lease, 200, out _);
        Assert.Empty(leader.Reads);
        cluster.Drops = null;
        cluster.Tick(30);
        Assert.Equal(leader.Node.LastIndex, leader.Reads[^1].Index);
    }

    [Fact]
    public void A_lease_ends_with_the_leadership_and_does_not_come_back_with_the_next_one()
    {
        (_, TestNode leader) = LeaderWithRoundSentAt(100);
        leader.Receive(Say.Alive("b", "a", 99, 1, 1));
        Assert.Equal(0, leader.Node.LeaseEndMicros);
        Assert.False(leader.Node.TryRead(ReadKind.Lease, out _));
        leader.Take();
        for (int i = 0; leader.Node.Role != Role.Candidate; i++)
        {
            Assert.True(i < 100, "it campaigns");
            leader.Tick();
            leader.Receive(new PreVoteResponse(Say.Node("b"), Say.PinOf("b"), leader.Id, Say.In(100), true));
        }
        leader.Receive(Say.Voted("b", "a", leader.Node.Term.Value));
        Assert.Equal(Role.Leader, leader.Node.Role);
        Assert.Equal(0, leader.Node.LeaseEndMicros);
    }

    [Fact]
    public void Without_a_length_there_is_no_lease_and_reads_go_by_ReadIndex()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect("a");
        leader.Node.ClockRead(100);
        cluster.Tick(10);
        leader.ReadAt(ReadKind.Lease, 100, out ulong ticket);
        Assert.Empty(leader.Reads);
        cluster.Deliver();
        Assert.Equal(ticket, Assert.Single(leader.Reads).Ticket);
    }

    private static (TestCluster Cluster, TestNode Leader) LeaderWithRoundSentAt(long micros)
    {
        var cluster = new TestCluster(3, options: Options);
        TestNode leader = cluster.Elect("a");
        leader.Node.ClockRead(micros);
        leader.Read(out _);
        cluster.Deliver();
        leader.Reads.Clear();
        return (cluster, leader);
    }
}
