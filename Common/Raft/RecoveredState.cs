namespace Chorus.Raft;

/// <summary>What a node's disk held when it started.</summary>
/// <param name="HardState">Term, vote and the lower bound of the commit index.</param>
/// <param name="Log">
/// Every valid entry of the log. Begins at index 1, or behind what a snapshot stands for; at most right behind it.
/// </param>
/// <param name="IsFirstStart">
/// Whether the node has certainly never run before. Any other may have promised its leader, just before it stopped, to
/// elect nobody else for a while, and keeps that promise (<see cref="ElectionTimer"/>).
/// </param>
/// <param name="Before">Term of the entry before the first of the log; 0 at index 0.</param>
/// <param name="Snapshot">The snapshot that the state is made from; null where it is made from the log alone.</param>
/// <param name="CommittedUpTo">
/// So much was committed once, as something says that is of no other use: a log that ends before has lost entries.
/// </param>
public sealed record RecoveredState(
    HardState HardState, EntryRange Log, bool IsFirstStart = false, Term Before = default,
    SnapshotMark? Snapshot = null, LogIndex CommittedUpTo = default)
{
    /// <summary>A node that has never run.</summary>
    public static readonly RecoveredState Empty = new(HardState.Empty, EntryRange.EmptyAt(new LogIndex(1)), true);

    /// <summary>
    /// What of the log is known to be committed, as far as the hard state knows. Nothing where entries are lost: what
    /// is left may have been overwritten there, and a leader has to say it.
    /// </summary>
    public LogIndex KnownCommit => HasLostEntries ? LogIndex.Zero : HardState.Commit;

    /// <summary>Whether the log has lost entries that may have been acknowledged.</summary>
    public bool HasLostEntries =>
        HardState.HasLostEntries || HardState.Commit >= Log.Until || CommittedUpTo >= Log.Until;
}
