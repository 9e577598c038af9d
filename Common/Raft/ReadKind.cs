namespace Chorus.Raft;

/// <summary>By what a read knows that no newer state than the one it sees has been acknowledged to anybody.</summary>
/// <remarks>Raft dissertation §6.4.</remarks>
public enum ReadKind : byte
{
    /// <summary>
    /// ReadIndex: a quorum answers, in a heartbeat round begun after the read, that it still follows the leader.
    /// </summary>
    Index = 0,

    /// <summary>
    /// The leader's lease: a quorum has promised, in a round that was sent not long ago, to elect nobody else. Depends
    /// on clocks; where there is no lease at the moment, the read goes by <see cref="Index"/>.
    /// </summary>
    Lease = 1,

    /// <summary>An entry of its own in the log, one for all reads that are asked together.</summary>
    Log = 2,
}
