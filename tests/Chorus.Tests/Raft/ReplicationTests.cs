namespace Chorus.Tests.Raft;

/// <summary>Raft §5.3.</summary>
public sealed class ReplicationTests
{
    [Fact]
    public void Three_voters_elect_a_leader_and_replicate()
    {
        var cluster = new TestCluster(3);
        TestNode leader = cluster.Elect();
        Assert.True(leader.Propose(1, 2, 3));
        cluster.Deliver();
        cluster.TickUntil(cluster.HasConverged, "everybody has everything");
        Assert.Equal([1, 2, 3], leader.Applied.Where(e => e.Value > 0).Select(e => e.Value));
    }
}
