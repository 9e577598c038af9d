namespace Chorus.Raft;

/// <summary>Something worth a line in a node's log.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Node">The node that it is about, often this one.</param>
/// <param name="Term">Term in which it happened.</param>
/// <param name="Index">Index that it is about; 0 when none.</param>
public readonly record struct RaftEvent(RaftEventKind Kind, NodeId Node, Term Term, LogIndex Index);

/// <summary>Kinds of <see cref="RaftEvent"/>.</summary>
public enum RaftEventKind : byte
{
    /// <summary>This node became follower.</summary>
    BecameFollower,

    /// <summary>This node asks for pre-votes.</summary>
    BecamePreCandidate,

    /// <summary>This node campaigns.</summary>
    BecameCandidate,

    /// <summary>This node leads.</summary>
    BecameLeader,

    /// <summary>Another node leads.</summary>
    LeaderKnown,

    /// <summary>The leader gave up: no quorum answered within an election timeout.</summary>
    LostQuorum,

    /// <summary>The leader gave up, or a voter does not campaign: its own disk makes no progress.</summary>
    DiskStalled,

    /// <summary>A conflicting suffix was dropped, from the index named.</summary>
    Truncated,

    /// <summary>A configuration became active.</summary>
    ConfigurationActive,

    /// <summary>A configuration was committed.</summary>
    ConfigurationCommitted,

    /// <summary>A configuration was rolled back with its truncated entry.</summary>
    ConfigurationRolledBack,

    /// <summary>A learner has caught up and is being promoted.</summary>
    PromotingLearner,

    /// <summary>
    /// A message of a known id under another incarnation was refused: its data directory was wiped.
    /// </summary>
    WrongIncarnation,

    /// <summary>
    /// The log has lost entries that may have been acknowledged: no votes and no acknowledgements until caught up.
    /// </summary>
    LogLossProven,

    /// <summary>The leader hands its leadership over to the node named; it takes no proposals meanwhile.</summary>
    TransferBegun,

    /// <summary>The node named did not take the leadership over within an election timeout: this one goes on.</summary>
    TransferAborted,

    /// <summary>The leader named wants this node to lead in its place.</summary>
    AskedToLead,

    /// <summary>The log that had lost entries is whole again: this node votes and acknowledges.</summary>
    WholeAgain,

    /// <summary>
    /// The founder named did not answer, and as long as not every voter is known by its incarnation here, it may take
    /// the votes of all.
    /// </summary>
    AwaitsFounder,
}
