using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Majorities: Raft §5.2, §5.3, figure 2.</summary>
public sealed class QuorumTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("7", 7)]
    [InlineData("7 5", 5)]
    [InlineData("9 1 5", 5)]
    [InlineData("1 2 3 4", 2)]
    [InlineData("1 9 9 2 3", 3)]
    [InlineData("4 4 4 4 4", 4)]
    public void The_commit_index_is_the_largest_that_a_majority_has_reached(string matches, ulong expected)
    {
        ulong[] values = [.. matches.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ulong.Parse)];
        Assert.Equal(expected, Quorum.ReachedByMajority(values));
    }

    [Theory]
    [InlineData(1, 1, 0, "Won")]
    [InlineData(2, 1, 0, "Open")]
    [InlineData(2, 1, 1, "Lost")]
    [InlineData(3, 1, 1, "Open")]
    [InlineData(3, 2, 0, "Won")]
    [InlineData(3, 1, 2, "Lost")]
    [InlineData(4, 2, 1, "Open")]
    [InlineData(4, 2, 2, "Lost")]
    [InlineData(5, 3, 2, "Won")]
    [InlineData(0, 0, 0, "Lost")]
    public void An_election_is_won_by_a_majority_and_lost_when_none_is_left(
        int voters, int granted, int refused, string expected) =>
        Assert.Equal(Enum.Parse<VoteOutcome>(expected), Quorum.Tally(voters, granted, refused));

    [Theory]
    [InlineData(1, 1, 0, "Won")]
    [InlineData(3, 2, 0, "Open")]
    [InlineData(3, 2, 1, "Lost")]
    [InlineData(3, 3, 0, "Won")]
    [InlineData(5, 1, 1, "Lost")]
    [InlineData(0, 0, 0, "Lost")]
    public void An_election_of_all_is_lost_by_one_refusal(int voters, int granted, int refused, string expected) =>
        Assert.Equal(Enum.Parse<VoteOutcome>(expected), Quorum.TallyAll(voters, granted, refused));

    [Theory]
    [InlineData("Won", "Lost", "Won")]
    [InlineData("Lost", "Won", "Won")]
    [InlineData("Open", "Lost", "Open")]
    [InlineData("Lost", "Open", "Open")]
    [InlineData("Lost", "Lost", "Lost")]
    public void An_election_with_two_ways_is_lost_when_both_are(string one, string other, string expected) =>
        Assert.Equal(
            Enum.Parse<VoteOutcome>(expected),
            Quorum.Either(Enum.Parse<VoteOutcome>(one), Enum.Parse<VoteOutcome>(other)));
}
