using Chorus.Common.Replica;

namespace Chorus.Tests.Replica;

/// <summary>How long the loop has stood still lately.</summary>
public sealed class LongestRoundTests
{
    private readonly LongestRound _longest = new();

    [Fact]
    public void The_longest_round_counts_and_is_forgotten_after_twenty_seconds_at_most()
    {
        _longest.Note(1_000_000, 1_000_300);
        _longest.Note(2_000_000, 2_030_000);
        _longest.Note(3_000_000, 3_000_100);
        Assert.Equal(30_000, _longest.Micros);
        _longest.Note(12_000_000, 12_000_200);
        Assert.Equal(30_000, _longest.Micros);
        _longest.Note(22_000_000, 22_000_100);
        Assert.Equal(200, _longest.Micros);
        _longest.Note(45_000_000, 45_000_050);
        Assert.Equal(50, _longest.Micros);
    }
}
