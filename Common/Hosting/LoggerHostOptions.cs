using Chorus.Common.Log;

namespace Chorus.Common.Hosting;

/// <summary>What a logger's process is told at its start.</summary>
public sealed record LoggerHostOptions
{
    private const int PayloadBytesMost = (8 << 20) - 1024;

    /// <summary>The clusters, each with a name, a folder and endpoints of its own.</summary>
    public required IReadOnlyList<LoggerCluster> Clusters { get; init; }

    /// <summary>
    /// Host name by which others reach this machine; null: the hosts of the endpoints. Needed where those stand for
    /// every interface.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>How much of each record is kept, in bytes, counted in whole segment files; null: all of it.</summary>
    public long? KeepBytes { get; init; }

    /// <summary>
    /// Settings of each record. A payload as long as a frame may be must fit: what the cluster has committed cannot be
    /// refused.
    /// </summary>
    public LogOptions Log { get; init; } = new()
    {
        PayloadBytesMax = PayloadBytesMost,
        PendingBytesMax = 16L << 20,
        CacheBytes = 16L << 20,
    };
}
