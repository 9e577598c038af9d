using Chorus.Common.Replica;

namespace Chorus.Tests.Snapshots;

/// <summary>When a replica takes a snapshot.</summary>
public sealed class SnapshotDueTests
{
    [Theory]
    [InlineData(99, 0, false)]
    [InlineData(100, 0, true)]
    [InlineData(132, 1, false)]
    [InlineData(133, 1, true)]
    [InlineData(165, 2, false)]
    [InlineData(166, 2, true)]
    public void Voters_take_their_first_ones_in_turn(long bytes, int place, bool isDue) =>
        Assert.Equal(isDue, SnapshotTaker.IsDue(bytes, every: 100, place, voters: 3, isCatchingUp: false));

    [Theory]
    [InlineData(199, 0, false)]
    [InlineData(200, 0, true)]
    [InlineData(266, 1, true)]
    public void Who_catches_up_takes_none_before_twice_the_length(long bytes, int place, bool isDue) =>
        Assert.Equal(isDue, SnapshotTaker.IsDue(bytes, every: 100, place, voters: 3, isCatchingUp: true));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void None_is_taken_where_none_is_wanted(int place)
    {
        Assert.False(SnapshotTaker.IsDue(long.MaxValue - 1, long.MaxValue, place, voters: 3, isCatchingUp: false));
        Assert.False(SnapshotTaker.IsDue(1 << 30, long.MaxValue, place, voters: 3, isCatchingUp: true));
    }

    [Fact]
    public void A_node_among_no_voters_takes_its_own() =>
        Assert.True(SnapshotTaker.IsDue(100, every: 100, place: 0, voters: 0, isCatchingUp: false));
}
