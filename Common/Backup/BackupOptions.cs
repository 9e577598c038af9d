using Chorus.Common.Hosting;

namespace Chorus.Common.Backup;

/// <summary>What to back up, and where to.</summary>
public sealed record BackupOptions
{
    /// <summary>Transfer addresses of replicas or loggers.</summary>
    public required IReadOnlyList<HostEndpoint> Sources { get; init; }

    /// <summary>Client addresses of replicas whose digest is compared; empty: all members.</summary>
    public IReadOnlyList<HostEndpoint> Servers { get; init; } = [];

    /// <summary>The backup: a new or an empty directory, or an earlier backup, which is continued.</summary>
    public required string Directory { get; init; }
}
