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

    [Theory]
    [InlineData(99, 50, 100, false, false)]
    [InlineData(100, 50, 100, false, true)]
    [InlineData(199, 800, 100, false, false)]
    [InlineData(200, 800, 100, false, true)]
    [InlineData(200, 800, 100, true, false)]
    [InlineData(1_000, 1_000, 100, false, false)]
    public void One_is_replaced_for_a_member_if_that_is_sooner_there_than_the_log_behind_it(
        long bytes, long length, long staleBytes, bool isCatchingUp, bool isWorthIt)
    {
        var options = new SnapshotOptions
        {
            StaleBytes = staleBytes,
            BytesPerSecond = 10,
            HurriedBytesPerSecond = 100,
            NewerMicrosMax = 10_000_000,
        };
        Assert.Equal(isWorthIt, SnapshotTaker.IsWorthReplacing(bytes, length, options, isCatchingUp));
    }

    [Fact]
    public void A_node_among_no_voters_takes_its_own() =>
        Assert.True(SnapshotTaker.IsDue(100, every: 100, place: 0, voters: 0, isCatchingUp: false));
}
