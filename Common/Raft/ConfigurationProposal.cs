namespace Chorus.Raft;

/// <summary>What became of a proposed configuration.</summary>
public enum ConfigurationProposal : byte
{
    /// <summary>It stands in the log and is active here.</summary>
    Accepted,

    /// <summary>This node does not lead.</summary>
    NotLeader,

    /// <summary>
    /// Another change is not committed yet, or nothing of this term is: try again (trap 15).
    /// </summary>
    ChangeInFlight,

    /// <summary>The leadership is being handed over: ask the next leader.</summary>
    TransferUnderWay,

    /// <summary>
    /// It takes its vote from the leader, or gives another data directory the vote of a member at once, or makes an
    /// observer of another kind of member or the other way round, or has too many members.
    /// </summary>
    NotAllowed,

    /// <summary>No majority of the voters that it would leave answers: it could not be committed, nor undone.</summary>
    NoQuorum,
}
