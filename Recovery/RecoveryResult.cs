using Chorus.Common.Recovery;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Recovery;

/// <summary>What a recovery did.</summary>
internal sealed record RecoveryResult
{
    /// <summary>From the first request to the last chunk.</summary>
    public required TimeSpan Transfer { get; init; }

    /// <summary>Time spent in applying commands.</summary>
    public required TimeSpan Install { get; init; }

    /// <summary>From the first request until everything was applied.</summary>
    public required TimeSpan Wall { get; init; }

    /// <summary>Bytes received: records, and pieces of an image.</summary>
    public required long Bytes { get; init; }

    /// <summary>Those that were pieces of an image.</summary>
    public long ImageBytes { get; init; }

    /// <summary>Commands received.</summary>
    public required long Commands { get; init; }

    /// <summary>Records received.</summary>
    public required long Records { get; init; }

    public required LogIndex First { get; init; }

    public required LogIndex Last { get; init; }

    public required Guid ClusterId { get; init; }

    /// <summary>What the state machines of the cluster held before entry 1, in words.</summary>
    public string StateBase { get; init; } = "";

    /// <summary>Keys of the state.</summary>
    public required int Keys { get; init; }

    /// <summary>Digest of the state, as replicas write it.</summary>
    public required string Digest { get; init; }

    public required Comparison Comparison { get; init; }

    public required IReadOnlyList<FetchSourceReport> Sources { get; init; }

    /// <summary>Whether the state is the replicas'; null: not compared.</summary>
    public bool? IsEqual => Comparison.Digest is { } expected ? expected == Digest : null;
}
