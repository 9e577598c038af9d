namespace Chorus.Raft;

/// <summary>What a node's disk held when it started.</summary>
/// <param name="HardState">Term, vote and the lower bound of the commit index.</param>
/// <param name="Log">Every valid entry of the log; the core itself needs it from index 1.</param>
/// <param name="IsFirstStart">
/// Whether the node has certainly never run before. Any other may have promised its leader, just before it stopped, to
/// elect nobody else for a while, and keeps that promise (<see cref="ElectionTimer"/>).
/// </param>
public sealed record RecoveredState(HardState HardState, EntryRange Log, bool IsFirstStart = false)
{
    /// <summary>A node that has never run.</summary>
    public static readonly RecoveredState Empty = new(HardState.Empty, EntryRange.EmptyAt(new LogIndex(1)), true);
}
