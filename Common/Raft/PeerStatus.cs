namespace Chorus.Raft;

/// <summary>How far another voter or a learner is, as the leader knows it.</summary>
/// <param name="Id">The member.</param>
/// <param name="Match">Last index known to be durable there and equal to the leader's log.</param>
/// <param name="Next">Next index to send.</param>
/// <param name="State">How the leader replicates to it.</param>
/// <param name="RecentlyActive">Whether it answered within the last election timeout.</param>
/// <param name="IsAwaited">
/// Whether nothing can be said of it yet: it has not answered, but has not had an election timeout to do so either.
/// </param>
/// <param name="Wait">Why it is not a voter yet, if it is a learner.</param>
public readonly record struct PeerStatus(
    NodeId Id, LogIndex Match, LogIndex Next, ProgressState State, bool RecentlyActive, bool IsAwaited,
    PromotionWait Wait);

/// <summary>What a learner waits for before it becomes a voter.</summary>
public enum PromotionWait : byte
{
    /// <summary>Nothing: it is no learner, or its promotion is due.</summary>
    None,

    /// <summary>To be promoted by name: it is held back.</summary>
    Held,

    /// <summary>To be heard from: no data directory has shown up under its name yet.</summary>
    FirstContact,

    /// <summary>To answer again.</summary>
    Answer,

    /// <summary>To have the leader's log, up to <see cref="RaftOptions.PromotionLagEntries"/> entries.</summary>
    Entries,

    /// <summary>To see the change of the members committed that is under way.</summary>
    OtherChange,
}

/// <summary>How a leader replicates to one member.</summary>
public enum ProgressState : byte
{
    /// <summary>Looks for the last entry that both logs share: one message at a time.</summary>
    Probe,

    /// <summary>Streams entries optimistically, as far as the window allows.</summary>
    Replicate,
}
