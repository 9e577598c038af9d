using Chorus.Common.Recovery;
using Chorus.Raft;

namespace Chorus.Common.Backup;

/// <summary>What a backup holds, and what was done for it.</summary>
public sealed record BackupResult
{
    /// <summary>The cluster.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>Index of the snapshot that was fetched this time; 0: none was.</summary>
    public required LogIndex FetchedSnapshot { get; init; }

    /// <summary>First record that was fetched this time; behind <see cref="Last"/>: none was.</summary>
    public required LogIndex From { get; init; }

    /// <summary>Last index of the backup.</summary>
    public required LogIndex Last { get; init; }

    /// <summary>Bytes that came this time.</summary>
    public required long Bytes { get; init; }

    /// <summary>Whether it was continued, and not begun.</summary>
    public required bool IsIncremental { get; init; }

    /// <summary>The state that was made of the backup, to verify it.</summary>
    public required ReplayedState State { get; init; }

    /// <summary>With what its digest was compared.</summary>
    public required Comparison Comparison { get; init; }

    /// <summary>Digest of the state, 16 hexadecimal digits.</summary>
    public string Digest => State.Store.Digest.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether the state equals the replicas'; null: it could not be compared.</summary>
    public bool? IsEqual => Comparison.Digest is { } digest && Comparison.Index == Last ? digest == Digest : null;
}
