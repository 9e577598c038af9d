namespace Chorus.Raft;

/// <summary>What became of the wish that another node should lead.</summary>
public enum TransferProposal : byte
{
    /// <summary>
    /// It is under way: within an election timeout another node leads, or this one goes on and says so
    /// (<see cref="RaftEventKind.TransferAborted"/>).
    /// </summary>
    Accepted,

    /// <summary>This node does not lead.</summary>
    NotLeader,

    /// <summary>This node is the one named, and leads already.</summary>
    AlreadyLeads,

    /// <summary>Another transfer is under way.</summary>
    UnderWay,

    /// <summary>The node named is no voter.</summary>
    NotVoter,

    /// <summary>
    /// The node named, or every other voter, has been silent for an election timeout; or there is no other one.
    /// </summary>
    Silent,
}
