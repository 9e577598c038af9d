using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Why a fetch ended without everything that it was to bring.</summary>
public enum FetchFailureKind
{
    /// <summary>Nobody answers, or nobody has answered with anything new for too long.</summary>
    Unreachable,

    /// <summary>A gap: no source keeps the beginning of the range any more.</summary>
    NoLongerKept,

    /// <summary>The range ends behind what any source has, and nothing was added for too long.</summary>
    NotYetThere,

    /// <summary>Every source that is left sends what cannot be true, or says that its own data is damaged.</summary>
    Damaged,

    /// <summary>Sources hold different records at the same index, and no majority of them says which are right.
    /// </summary>
    Disagreement,

    /// <summary>The sources belong to another cluster.</summary>
    WrongCluster,

    /// <summary>No source has what is asked for, or understands the question.</summary>
    NotServed,
}

/// <summary>How a fetch failed.</summary>
/// <param name="Kind">What it is, for programs.</param>
/// <param name="At">Index that could not be had.</param>
/// <param name="FirstKept">With a gap: the first index that somebody still keeps.</param>
/// <param name="Text">What happened and at which source, for people; one sentence or more.</param>
public sealed record FetchFailure(FetchFailureKind Kind, LogIndex At, LogIndex FirstKept, string Text);
