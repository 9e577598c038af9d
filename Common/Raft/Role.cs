namespace Chorus.Raft;

/// <summary>What a node is doing at the moment.</summary>
public enum Role : byte
{
    /// <summary>Follows a leader, or waits for one. Learners are always followers.</summary>
    Follower = 0,

    /// <summary>Asks whether an election would succeed; has not raised its term.</summary>
    PreCandidate = 1,

    /// <summary>Campaigns.</summary>
    Candidate = 2,

    /// <summary>Leads.</summary>
    Leader = 3,
}
