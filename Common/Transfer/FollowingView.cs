using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Where an observer shows how it follows its cluster. Written by its loop, read by any thread.</summary>
public sealed class FollowingView
{
    private volatile FollowingReport? _newest;

    /// <summary>What was shown last; null before the first.</summary>
    public FollowingReport? Newest => _newest;

    /// <summary>Shows a new report.</summary>
    public void Show(FollowingReport report) => _newest = report;
}

/// <summary>How an observer follows its cluster, for operators. Never changes.</summary>
public sealed record FollowingReport
{
    /// <summary>Where it stands, in words: <c>live</c>, <c>catching up</c>, <c>removed</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it records nothing; empty while it does.</summary>
    public string Why { get; init; } = "";

    /// <summary>What to do about <see cref="Why"/>.</summary>
    public string Cure { get; init; } = "";

    /// <summary>Name of the source that it follows; empty when there is none.</summary>
    public string Source { get; init; } = "";

    /// <summary>Last index that it knows to be committed.</summary>
    public LogIndex Commit { get; init; }

    /// <summary>What it has counted since its start, by the names that metrics use.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Counters { get; init; } = [];
}
