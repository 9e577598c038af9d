using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>What a replica needs to know about itself, and its limits.</summary>
public sealed record ReplicaOptions
{
    /// <summary>Name, unique in the cluster.</summary>
    public required NodeId Id { get; init; }

    /// <summary>Incarnation of the data directory, not 0.</summary>
    public required ulong Incarnation { get; init; }

    /// <summary>The cluster that the data directory belongs to.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary><c>host:port</c> by which the others reach this node's peer socket.</summary>
    public required string PeerAddress { get; init; }

    /// <summary><c>host:port</c> by which clients reach this node.</summary>
    public required string ClientAddress { get; init; }

    /// <summary><c>host:port</c> by which others reach this node's transfer socket; shown, not used.</summary>
    public string TransferAddress { get; init; } = "";

    /// <summary><c>host:port</c> by which others reach this node's feed; shown, not used.</summary>
    public string FeedAddress { get; init; } = "";

    /// <summary>
    /// The first configuration of a new cluster, written when the log is empty; null for a node that joins.
    /// </summary>
    public Configuration? Bootstrap { get; init; }

    /// <summary>
    /// What the state machine holds before the first entry, in words; nodes with another base are not let in.
    /// </summary>
    public string StateBase { get; init; } = "";

    /// <summary>
    /// Transfer addresses of members, <c>host:port</c>, for a node that no configuration has reached yet: as it was
    /// told when it was let in.
    /// </summary>
    public IReadOnlyList<string> KnownSources { get; init; } = [];

    /// <summary>Settings of the core.</summary>
    public RaftOptions Raft { get; init; } = new();

    /// <summary>
    /// How reads are answered whose request does not say; <see cref="ReadMode.Index"/>, <see cref="ReadMode.Lease"/> or
    /// <see cref="ReadMode.Log"/>. Default <see cref="ReadMode.Index"/>.
    /// </summary>
    public ReadMode Reads { get; init; } = ReadMode.Index;

    /// <summary>
    /// By how many percent a voter's monotonic clock may run faster than the leader's without a lease becoming unsafe,
    /// 0 to 99: leases are shorter by so much than what voters promise. Default 10.
    /// </summary>
    public int LeaseDriftPercent { get; init; } = 10;

    /// <summary>Length of a tick in microseconds. Default 10 ms.</summary>
    public long TickMicros { get; init; } = 10_000;

    /// <summary>
    /// Whether the log survives a restart; false with <c>-inmem</c>. Shown by status, decides nothing.
    /// </summary>
    public bool IsDurable { get; init; } = true;

    /// <summary>Most requests taken and not answered; more are refused as overloaded. Default 100,000.</summary>
    public int OutstandingRequestsMax { get; init; } = 100_000;

    /// <summary>Most frames taken from one socket in one round of the loop. Default 256.</summary>
    public int FramesPerRound { get; init; } = 256;

    /// <summary>
    /// Most requests taken from one frame; what stands behind them is refused as a whole. Default 8,192.
    /// </summary>
    public int RequestsPerFrameMax { get; init; } = 8_192;

    /// <summary>
    /// Once so many requests came in one round of the loop, the rest waits for the next one. Default 16,384.
    /// </summary>
    public int RequestsPerRound { get; init; } = 16_384;

    /// <summary>
    /// Once so many bytes came from clients in one round, or went into answers to reads, the rest waits for the next
    /// one. Default 16 MiB.
    /// </summary>
    public long ClientBytesPerRound { get; init; } = 16 << 20;

    /// <summary>Most bytes of queries that wait; more are refused as overloaded. Default 64 MiB.</summary>
    public long QueryBytesMax { get; init; } = 64 << 20;

    /// <summary>Most bytes of committed records applied in one round of the loop. Default 4 MiB.</summary>
    public long ApplyBytesPerRound { get; init; } = 4 << 20;

    /// <summary>
    /// A follower that lags by more entries than this, and is not brought nearer by its leader, fetches them by
    /// Transfer where <see cref="ReplicaPorts.Fetch"/> is given. Default 256.
    /// </summary>
    public ulong CatchUpLagEntries { get; init; } = 256;

    /// <summary>
    /// Once so many bytes were fetched in one round of the loop, the rest waits for the next one. Default 512 KiB.
    /// </summary>
    public long CatchUpBytesPerRound { get; init; } = 512 << 10;

    /// <summary>
    /// While more bytes wait for the own disk, nothing is fetched: what the leader sends must find room, too.
    /// Default 8 MiB.
    /// </summary>
    public long CatchUpPendingBytesMax { get; init; } = 8 << 20;

    /// <summary>
    /// Limits of the stream by which a follower catches up. Default: 8 chunks of 256 KiB on their way.
    /// </summary>
    public TransferStreamOptions CatchUpStream { get; init; } = new() { WindowChunks = 8 };

    /// <summary>When sessions end by themselves; holds for the cluster while this node leads.</summary>
    public SessionLimits Sessions { get; init; } = new();

    /// <summary>When snapshots are taken, and how much log is kept behind them.</summary>
    public SnapshotOptions Snapshots { get; init; } = new();

    /// <summary>
    /// Most bytes of a snapshot that are fetched in a second, so that its source has time for others. Default 256 MiB.
    /// </summary>
    public long SnapshotFetchBytesPerSecond { get; init; } = 256 << 20;

    /// <summary>Seed of the randomised timeouts.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Version of the program, for status.</summary>
    public string Version { get; init; } = "";
}
