using Chorus.Common.Replica;

namespace Chorus.Common.Hosting;

/// <summary>One cluster that a logger observes, and who it is there.</summary>
public sealed record LoggerCluster
{
    /// <summary>Name of the observer, unique in the cluster, and among those of the process.</summary>
    public required string Id { get; init; }

    /// <summary>Where members of the cluster know it to be; nobody connects there.</summary>
    public required HostEndpoint PeerEndpoint { get; init; }

    /// <summary>Where its record can be fetched.</summary>
    public required HostEndpoint TransferEndpoint { get; init; }

    /// <summary>Where it publishes what it has made durable.</summary>
    public required HostEndpoint FeedEndpoint { get; init; }

    /// <summary>Join socket of any member of the cluster; null: the folder says which cluster it is.</summary>
    public HostEndpoint? JoinEndpoint { get; init; }

    /// <summary>Where its record is.</summary>
    public required string Folder { get; init; }

    /// <summary>Name of the member to follow rather than any other while it can be followed; empty: none.</summary>
    public string Upstream { get; init; } = "";

    /// <summary>Address of Transfer where others could not guess it from the peer address; otherwise empty.</summary>
    /// <param name="advertisedHost">Host by which others reach this machine; null: as the endpoints say.</param>
    internal string DistinctTransferAddress(string? advertisedHost) =>
        Distinct(TransferEndpoint, MemberAddresses.TransferPortOffset, advertisedHost);

    /// <summary>Address of the feed where others could not guess it from the peer address; otherwise empty.</summary>
    /// <param name="advertisedHost">Host by which others reach this machine; null: as the endpoints say.</param>
    internal string DistinctFeedAddress(string? advertisedHost) =>
        Distinct(FeedEndpoint, MemberAddresses.FeedPortOffset, advertisedHost);

    /// <summary>Address by which members know it.</summary>
    /// <param name="advertisedHost">Host by which others reach this machine; null: as the endpoints say.</param>
    internal string AdvertisedPeerAddress(string? advertisedHost) => At(PeerEndpoint, advertisedHost).ToString();

    private static HostEndpoint At(HostEndpoint endpoint, string? host) =>
        endpoint with { Host = host ?? endpoint.Host };

    private string Distinct(HostEndpoint endpoint, int offset, string? host) =>
        At(endpoint, host) == At(PeerEndpoint, host).Shifted(offset) ? "" : At(endpoint, host).ToString();
}
