using System.Net;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;
using ReadMode = Chorus.Common.Protocol.ReadMode;

namespace Chorus.Common.Hosting;

/// <summary>What one replica process is told at its start.</summary>
public sealed record ReplicaHostOptions
{
    /// <summary>What a node may be called, for errors.</summary>
    internal const string NameRule = "Use 1 to 64 letters, digits, dots, hyphens and underscores";

    /// <summary>Highest <see cref="Priority"/>.</summary>
    public const int PriorityMax = 100;

    /// <summary>Name of this node, unique in its cluster.</summary>
    public required string Id { get; init; }

    /// <summary>Where clients connect. Default loopback, port 11000.</summary>
    public HostEndpoint ClientEndpoint { get; init; } = new("127.0.0.1", 11000);

    /// <summary>Where the other replicas connect. Default loopback, port 12000.</summary>
    public HostEndpoint PeerEndpoint { get; init; } = new("127.0.0.1", 12000);

    /// <summary>
    /// Where Transfer is served; null: as <see cref="PeerEndpoint"/>, with the port that others expect.
    /// </summary>
    public HostEndpoint? TransferEndpoint { get; init; }

    /// <summary>
    /// Where the committed log is published; null: as <see cref="PeerEndpoint"/>, with the port that others expect.
    /// </summary>
    public HostEndpoint? FeedEndpoint { get; init; }

    /// <summary>Where nodes that want to join ask; null: here nobody can ask.</summary>
    public HostEndpoint? JoinListenEndpoint { get; init; }

    /// <summary>
    /// Join socket of any member of the cluster to join; null: start a new one. Without meaning once the data
    /// directory holds a log.
    /// </summary>
    public HostEndpoint? JoinEndpoint { get; init; }

    /// <summary>
    /// Voters of a cluster that starts all at once, this node among them or not; empty: no fixed start.
    /// Without meaning once the data directory holds a log.
    /// </summary>
    public IReadOnlyList<HostPeer> Peers { get; init; } = [];

    /// <summary>
    /// Host name by which others reach this node; null: the hosts of <see cref="ClientEndpoint"/> and
    /// <see cref="PeerEndpoint"/>. Needed where those stand for every interface.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Where log and hard state live.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Nothing is written to disk, nothing survives a restart.</summary>
    public bool InMemory { get; init; }

    /// <summary>How reads are answered that do not say. Default <see cref="ReadMode.Index"/>.</summary>
    public ReadMode Reads { get; init; } = ReadMode.Index;

    /// <summary>Whether listening beyond loopback, where anybody may connect, is wanted.</summary>
    public bool Insecure { get; init; }

    /// <summary>
    /// Of two equally up-to-date voters the one with the higher priority campaigns first. 0 to 100.
    /// </summary>
    public int Priority { get; init; } = Member.PriorityDefault;

    /// <summary>
    /// What the state machine holds before the first entry, in words such as <c>preload 1000,128</c>; empty:
    /// nothing. Must be the same on every member, so a node with another base is not let in.
    /// </summary>
    public string StateBase { get; init; } = "";

    /// <summary>
    /// Whether the state is kept in a file, which may lead on where snapshots are damaged. Default: it is not.
    /// </summary>
    public bool KeepsStateInFile { get; init; }

    /// <summary>
    /// Whether applying a command may block, on a disk for instance: then a thread of its own applies, and the loop
    /// goes on.
    /// </summary>
    public bool AppliesOnThread { get; init; }

    /// <summary>
    /// Most bytes of committed records applied in one round of the loop. Default 4 MiB.
    /// </summary>
    public long ApplyBytesPerRound { get; init; } = 4 << 20;

    /// <summary>Settings of the core.</summary>
    public RaftOptions Raft { get; init; } = new();

    /// <summary>When snapshots are taken, and how much log is kept behind them.</summary>
    public SnapshotOptions Snapshots { get; init; } = new();

    /// <summary>Settings of the log.</summary>
    public LogOptions Log { get; init; } = new();

    /// <summary>Address of the client socket as others connect to it.</summary>
    public HostEndpoint AdvertisedClientEndpoint =>
        ClientEndpoint with { Host = AdvertisedHost ?? ClientEndpoint.Host };

    /// <summary>Address of the peer socket as others connect to it.</summary>
    public HostEndpoint AdvertisedPeerEndpoint =>
        PeerEndpoint with { Host = AdvertisedHost ?? PeerEndpoint.Host };

    /// <summary>Where Transfer is served.</summary>
    public HostEndpoint TransferListenEndpoint =>
        TransferEndpoint ?? PeerEndpoint.Shifted(MemberAddresses.TransferPortOffset);

    /// <summary>Where the committed log is published.</summary>
    public HostEndpoint FeedListenEndpoint => FeedEndpoint ?? PeerEndpoint.Shifted(MemberAddresses.FeedPortOffset);

    /// <summary>Address of Transfer as others connect to it.</summary>
    public HostEndpoint AdvertisedTransferEndpoint =>
        TransferListenEndpoint with { Host = AdvertisedHost ?? TransferListenEndpoint.Host };

    /// <summary>Address of the feed as others connect to it.</summary>
    public HostEndpoint AdvertisedFeedEndpoint =>
        FeedListenEndpoint with { Host = AdvertisedHost ?? FeedListenEndpoint.Host };

    /// <summary>Address of Transfer where others could not guess it from the peer address; otherwise empty.</summary>
    public string DistinctTransferAddress =>
        Distinct(AdvertisedTransferEndpoint, MemberAddresses.TransferPortOffset);

    /// <summary>Address of the feed where others could not guess it from the peer address; otherwise empty.</summary>
    public string DistinctFeedAddress => Distinct(AdvertisedFeedEndpoint, MemberAddresses.FeedPortOffset);

    /// <summary>Checks everything once, before anything is started.</summary>
    /// <exception cref="ChorusException">A setting makes no sense; names the flag and what to
    /// write.</exception>
    public void Validate()
    {
        Require(NodeId.IsValid(Id), $"-id: '{Id}' is no node name", NameRule);
        Require(Priority is >= 0 and <= PriorityMax, $"-priority: {Priority} is not within 0 to {PriorityMax}");
        Require(DataDirectory.Length > 0 || InMemory, "-data: the folder has no name", "Name one, or use -inmem");
        Require(
            JoinEndpoint is null || Peers.Count == 0,
            "-join and -peer exclude each other",
            "Use -join to enter a running cluster, -peer to start several voters at once");
        ValidateListeners();
        ValidatePeers();
        try
        {
            Raft.Validate();
        }
        catch (ArgumentException error)
        {
            throw ChorusException.Usage(error.Message);
        }
    }

    private void ValidateListeners()
    {
        (string Flag, HostEndpoint Endpoint)[] listeners =
        [
            ("-port", ClientEndpoint),
            ("-raft", PeerEndpoint),
            ("-hrecov", TransferListenEndpoint),
            ("-feed", FeedListenEndpoint),
            .. JoinListenEndpoint is { } join ? [("-hjoin", join)] : Array.Empty<(string, HostEndpoint)>(),
        ];
        foreach ((string flag, HostEndpoint endpoint) in listeners)
        {
            Require(
                endpoint.Port <= IPEndPoint.MaxPort,
                $"{flag}: without it, port {endpoint.Port} would be used, which does not exist",
                $"Give {flag} a port, or -raft a lower one");
            Require(
                endpoint.IsLoopback || Insecure,
                $"{flag}: {endpoint} can be reached from other machines, and connections are neither encrypted nor "
                    + "authenticated",
                "Add -insecure if the network is trusted, or listen on this machine only, "
                    + $"as in {flag} :{endpoint.Port}");
            Require(
                !endpoint.IsWildcard || AdvertisedHost is not null || flag == "-hjoin",
                $"{flag}: {endpoint} stands for every interface, so others do not learn where to connect",
                "Add -advertise with the host name by which others reach this machine");
        }
        foreach (var same in listeners.GroupBy(listener => listener.Endpoint.Port).Where(group => group.Count() > 1))
        {
            string flags = string.Join(" and ", same.Select(listener => listener.Flag));
            throw ChorusException.Usage($"{flags} use the same port {same.Key}", "Give each a port of its own");
        }
        if (AdvertisedHost is { } host)
        {
            bool isHost = HostEndpoint.TryParse($"{host}:1", out HostEndpoint advertised, out _)
                || HostEndpoint.TryParse($"[{host}]:1", out advertised, out _);
            Require(
                isHost && host.Length > 0 && !advertised.IsWildcard,
                $"-advertise: '{host}' is no host name that others could use",
                "Write a name or an address, without a port");
        }
    }

    private void ValidatePeers()
    {
        Require(
            Peers.Count == 0 || (DistinctTransferAddress + DistinctFeedAddress).Length == 0,
            "-hrecov and -feed cannot be chosen together with -peer: the others would not learn of it",
            "Leave them out: they are the port of -raft + 2000 and + 4000");
        foreach (var same in Peers.GroupBy(peer => peer.Id).Where(group => group.Count() > 1))
            throw ChorusException.Usage($"-peer: '{same.Key}' is named {same.Count()} times", "Name each node once");
        foreach (var same in Peers.GroupBy(peer => peer.Address).Where(group => group.Count() > 1))
        {
            string names = string.Join(" and ", same.Select(peer => peer.Id));
            throw ChorusException.Usage($"-peer: {names} have the same address {same.Key}", "Give each its own");
        }
        foreach (HostPeer peer in Peers)
        {
            bool isOwn = peer.Id.Value == Id;
            Require(
                !isOwn || peer.Address == AdvertisedPeerEndpoint,
                $"-peer: {peer} is this node, but -raft says {AdvertisedPeerEndpoint}",
                "Give it the same address in both places");
            Require(
                isOwn || peer.Address != AdvertisedPeerEndpoint,
                $"-peer: {peer} has the address of this node's own -raft",
                "Name the peer's address");
            Require(!peer.Address.IsWildcard, $"-peer: nobody can connect to {peer.Address}", "Name the peer's host");
        }
    }

    private string Distinct(HostEndpoint endpoint, int offset) =>
        endpoint == AdvertisedPeerEndpoint.Shifted(offset) ? "" : endpoint.ToString();

    private static void Require(bool condition, string message, string cure = "")
    {
        if (!condition)
            throw ChorusException.Usage(message, cure);
    }
}
