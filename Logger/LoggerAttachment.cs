using Chorus.Common.Hosting;

namespace Chorus.Logger;

/// <summary>One cluster that a logger observes, and who it is there.</summary>
internal sealed record LoggerAttachment
{
    /// <summary>Name of this observer, unique in the cluster, and among those of this process.</summary>
    public required string Id { get; init; }

    /// <summary>Where members of the cluster know it to be.</summary>
    public required HostEndpoint PeerEndpoint { get; init; }

    /// <summary>
    /// Join socket of any member of the cluster; null: the folder says which cluster it is. Without meaning once the
    /// folder holds a log.
    /// </summary>
    public HostEndpoint? JoinEndpoint { get; init; }

    /// <summary>Where its record can be fetched.</summary>
    public required HostEndpoint TransferEndpoint { get; init; }

    /// <summary>Where it publishes what it has made durable.</summary>
    public required HostEndpoint FeedEndpoint { get; init; }

    /// <summary>Where its record is.</summary>
    public required string Folder { get; init; }

    /// <summary>Name of the observer of the same cluster to follow rather than a replica; null: none.</summary>
    public string? Upstream { get; init; }
}
