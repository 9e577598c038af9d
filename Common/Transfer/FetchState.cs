namespace Chorus.Common.Transfer;

/// <summary>Where a fetch stands.</summary>
public enum FetchState
{
    /// <summary>Records are on their way, or waited for.</summary>
    Running,

    /// <summary>Everything was received, verified and handed out.</summary>
    Complete,

    /// <summary>It cannot go on; see its failure. What was handed out before is verified and counts.</summary>
    Failed,
}
