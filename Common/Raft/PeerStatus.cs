namespace Chorus.Raft;

/// <summary>How far another voter or a learner is, as the leader knows it.</summary>
/// <param name="Id">The member.</param>
/// <param name="Match">Last index known to be durable there and equal to the leader's log.</param>
/// <param name="Next">Next index to send.</param>
/// <param name="State">How the leader replicates to it.</param>
/// <param name="RecentlyActive">Whether it answered within the last election timeout.</param>
public readonly record struct PeerStatus(
    NodeId Id, LogIndex Match, LogIndex Next, ProgressState State, bool RecentlyActive);

/// <summary>How a leader replicates to one member.</summary>
public enum ProgressState : byte
{
    /// <summary>Looks for the last entry that both logs share: one message at a time.</summary>
    Probe,

    /// <summary>Streams entries optimistically, as far as the window allows.</summary>
    Replicate,
}
