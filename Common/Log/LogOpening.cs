using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>What is expected of a log that is opened.</summary>
public sealed record LogOpening
{
    /// <summary>The cluster; a directory of another one is refused.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>
    /// The record before the first one that is to be kept, of which index, term, chain and time count, for a log that
    /// begins in the middle; default: the beginning. Counts only as long as no segment was begun: then that one says
    /// it.
    /// </summary>
    public RecordHeader StartAfter { get; init; }

    /// <summary>
    /// First index that must be there, where there is any and no snapshot: what is missing at the beginning is a hole.
    /// Default: none, for a log of which <see cref="RecordLog.CutBefore"/> takes what is no longer wanted.
    /// </summary>
    public LogIndex CompleteFrom { get; init; } = LogIndex.Zero;

    /// <summary>
    /// The last record whose effect is in the newest snapshot; null: there is none. What stands before may be missing,
    /// and a log that does not hold this record is removed, and begins anew behind it.
    /// </summary>
    public RecordHeader? Snapshot { get; init; }

    /// <summary>Whether a hard state must be there: it is made with the directory, so without it the vote is lost.
    /// </summary>
    public bool HasHardState { get; init; }

    /// <summary>
    /// Whether it is an observer's: all of it is committed, and nobody counts on its vote, so that a lost hard state
    /// costs nothing.
    /// </summary>
    public bool IsObserver { get; init; }
}
