using Chorus.Raft;

namespace Chorus.Common.Recovery;

/// <summary>Up to where the state is installed, and with what it is compared there.</summary>
/// <param name="Index">The index.</param>
/// <param name="Digest">The replicas' digest at that index; null: nothing to compare with.</param>
/// <param name="Replicas">Who told it.</param>
/// <param name="WhyNot">Why nothing is compared; empty otherwise.</param>
public sealed record Comparison(LogIndex Index, string? Digest, IReadOnlyList<string> Replicas, string WhyNot)
{
    /// <summary>Nothing is compared.</summary>
    public static Comparison None(LogIndex index, string why) => new(index, null, [], why);
}
