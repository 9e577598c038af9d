using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>What a fetch is to bring, and from where.</summary>
public sealed record FetchPlan
{
    /// <summary>Transfer addresses, <c>host:port</c>; the first ones are asked first.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>The cluster; sources of another one are refused.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>First index wanted; not 0.</summary>
    public required LogIndex From { get; init; }

    /// <summary>Index behind the last one wanted; what is not there yet is waited for.</summary>
    public required LogIndex Until { get; init; }

    /// <summary>
    /// Header of the record before the first one wanted, which the records must continue; null: not known, and not
    /// checked unless <see cref="From"/> is 1.
    /// </summary>
    public RecordHeader? Previous { get; init; }
}
