namespace Chorus.Raft;

/// <summary>What a node's disk held when it started.</summary>
/// <param name="HardState">Term, vote and the lower bound of the commit index.</param>
/// <param name="Log">Every valid entry of the log; the core itself needs it from index 1.</param>
public sealed record RecoveredState(HardState HardState, EntryRange Log)
{
    /// <summary>A node that has never run.</summary>
    public static readonly RecoveredState Empty = new(HardState.Empty, EntryRange.EmptyAt(new LogIndex(1)));
}
