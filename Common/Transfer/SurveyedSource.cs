using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>What a source says of itself.</summary>
/// <param name="Address">Its transfer address.</param>
/// <param name="Description">Its answer; null: none came.</param>
public sealed record SurveyedSource(string Address, LogDescription? Description)
{
    /// <summary>Whether all that it has answered is that it has no log yet.</summary>
    public bool HasRefused { get; init; }

    /// <summary>Its cluster; empty without an answer.</summary>
    public Guid ClusterId => Description is { } text ? new Guid(text.ClusterId.Span) : Guid.Empty;

    /// <summary>First index that it keeps; 0 without an answer.</summary>
    public LogIndex First => new(Description?.FirstIndex ?? 0);

    /// <summary>Last index that it has, committed and durable; 0 without an answer.</summary>
    public LogIndex Last => new(Description?.LastIndex ?? 0);

    /// <summary>Whether it is a logger.</summary>
    public bool IsLogger => Description?.Kind == "logger";
}
