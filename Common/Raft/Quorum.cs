namespace Chorus.Raft;

/// <summary>How an election stands.</summary>
internal enum VoteOutcome : byte
{
    /// <summary>Neither a majority for nor one against.</summary>
    Open,

    /// <summary>A majority has granted its vote.</summary>
    Won,

    /// <summary>So many have refused that no majority is left.</summary>
    Lost,
}

/// <summary>
/// Arithmetic of majorities: pure functions over one set of voters. A joint configuration asks each half and
/// joins the answers: the smaller value, the worse outcome.
/// </summary>
internal static class Quorum
{
    /// <summary>Size of a majority.</summary>
    public static int Majority(int voters) => (voters / 2) + 1;

    /// <summary>
    /// Largest v such that a majority of the voters has a value ≥ v: the commit index of an array of match
    /// indexes, or the heartbeat round that a majority has answered. 0 without voters.
    /// </summary>
    /// <param name="values">One value for each voter; sorted in place.</param>
    /// <remarks>Raft figure 2, rules for leaders: "a majority of matchIndex[i] ≥ N".</remarks>
    public static ulong ReachedByMajority(Span<ulong> values) => ReachedBy(values, Majority(values.Length));

    /// <summary>
    /// Largest v such that <paramref name="count"/> values are ≥ v; 0 when there are fewer values.
    /// </summary>
    public static ulong ReachedBy(Span<ulong> values, int count)
    {
        if (values.Length < count || values.Length == 0)
            return 0;
        values.Sort();
        return values[^count];
    }

    /// <summary>How an election stands that has to be won in both halves of a joint configuration.</summary>
    public static VoteOutcome Both(VoteOutcome one, VoteOutcome other)
    {
        if (one == VoteOutcome.Lost || other == VoteOutcome.Lost)
            return VoteOutcome.Lost;
        return one == VoteOutcome.Won && other == VoteOutcome.Won ? VoteOutcome.Won : VoteOutcome.Open;
    }

    /// <summary>How an election stands that may be won in one of two ways.</summary>
    public static VoteOutcome Either(VoteOutcome one, VoteOutcome other)
    {
        if (one == VoteOutcome.Won || other == VoteOutcome.Won)
            return VoteOutcome.Won;
        return one == VoteOutcome.Lost && other == VoteOutcome.Lost ? VoteOutcome.Lost : VoteOutcome.Open;
    }

    /// <summary>How an election among <paramref name="voters"/> voters stands.</summary>
    /// <param name="voters">Number of voters, the candidate included.</param>
    /// <param name="granted">Votes granted by voters, the candidate's own included.</param>
    /// <param name="refused">Votes refused by voters.</param>
    public static VoteOutcome Tally(int voters, int granted, int refused)
    {
        Check.That(granted + refused <= voters, "a voter has one vote");
        if (voters == 0)
            return VoteOutcome.Lost;
        if (granted >= Majority(voters))
            return VoteOutcome.Won;
        return refused > voters - Majority(voters) ? VoteOutcome.Lost : VoteOutcome.Open;
    }

    /// <summary>How an election stands that takes the vote of every voter: one refusal loses it.</summary>
    /// <param name="voters">Number of voters, the candidate included.</param>
    /// <param name="granted">Votes granted by voters, the candidate's own included.</param>
    /// <param name="refused">Votes refused by voters.</param>
    public static VoteOutcome TallyAll(int voters, int granted, int refused)
    {
        Check.That(granted + refused <= voters, "a voter has one vote");
        if (refused > 0 || voters == 0)
            return VoteOutcome.Lost;
        return granted == voters ? VoteOutcome.Won : VoteOutcome.Open;
    }
}
