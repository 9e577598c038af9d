namespace Chorus.Raft;

/// <summary>How a member takes part.</summary>
public enum MemberKind : byte
{
    /// <summary>Receives the log, counts for every quorum, may campaign.</summary>
    Voter = 1,

    /// <summary>
    /// Receives the log, counts for nothing, becomes a voter by itself when it has caught up.
    /// </summary>
    Learner = 2,

    /// <summary>
    /// Follows what is committed, by the feed; never votes, campaigns, leads or becomes anything else. The core sends
    /// it nothing and counts nothing that it says.
    /// </summary>
    Observer = 3,
}
