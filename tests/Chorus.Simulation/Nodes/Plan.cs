using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Simulation.Clients;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>
/// What a seed decides before the run: sizes, settings, speed. Small windows, messages and segments come up often, for
/// it is at limits that things break.
/// </summary>
internal sealed class Plan
{
    public Plan(SeededRandom random)
    {
        Voters = random.Pick([1, 2, 3, 3, 3, 3, 3, 4, 5, 5]);
        StartsFixed = Voters > 1 && random.Chance(0.6);
        DurationMicros = random.Between(6, 20) * 1_000_000;
        TickMicros = random.Pick([2_000L, 5_000, 10_000]);
        int heartbeat = random.Pick([1, 2, 5]);
        int election = heartbeat * random.Pick([3, 4, 6, 10]);
        long messageBytes = random.Pick([1L, 200, 1_000, 4_096]);
        Raft = new RaftOptions
        {
            HeartbeatTicks = heartbeat,
            ElectionTimeoutTicks = election,
            DiskStallTicks = election * random.Pick([1, 2, 4]),
            WindowEntries = random.Pick([1, 4, 64, 65_536]),
            // A network that reorders makes followers refuse most of a window of hundreds of messages, again and again.
            WindowBytes = Math.Max(4_096, messageBytes * random.Pick([1, 4, 32])),
            MessageBytes = messageBytes,
            PromotionLagEntries = (ulong)random.Pick([0, 1, 10, 1_000]),
        };
        Log = new LogOptions
        {
            SegmentSizeBytes = random.Pick([8L, 16, 32, 64]) << 10,
            CacheBytes = random.Pick([8L, 64, 1_024]) << 10,
            ChunkBytes = 4 << 10,
            PendingBytesMax = random.Pick([8L, 64, 1_024]) << 10,
            PayloadBytesMax = 2 << 10,
            FilledBatchBytesMax = heartbeat == 2 ? 50 : 24 << 10,
        };
        FramesPerRound = random.Pick([1, 3, 256]);
        ApplyBytesPerRound = random.Pick([1L, 1_000, 4 << 20]);
        OutstandingRequestsMax = random.Pick([2, 1_000, 1_000]);
        State = new StatePlan(random);
        Workload = WorkloadOf(random);
        SilentObservers = random.Pick([0, 0, 0, 1, 3]);
        Raft = Raft with { TrickleBytes = random.Pick([1_000L, 16 << 10, 256 << 10]) };
        Following = new FollowingPlan(random);
        Reads = random.Pick([ReadMode.Index, ReadMode.Index, ReadMode.Lease, ReadMode.Log]);
        CatchUpLagEntries = (ulong)random.Pick([1, 5, 40]);
        CatchUpBytesPerRound = random.Pick([1L, 2_000, 512 << 10]);
        Sessions = LimitsOf(random);
        Workload.SessionShare = random.Pick([0.0, 0.5, 1.0]);
        Workload.CounterShare = random.Pick([0.0, 0.2, 0.5]);
        Workload.CompareShare = random.Pick([0.0, 0.2]);
        Snapshots = new SnapshotPlan(random, Following.Loggers + Following.Subscribers > 0);
        LosesFounder = StartsFixed && Voters >= 3 && random.Chance(0.2);
        Log = Log with { RemovedBytesPerSecond = random.Pick([16L << 10, 1L << 30]) };
    }

    private static Workload WorkloadOf(SeededRandom random) => new()
    {
        Clients = 2 + random.Next(7),
        Keys = 1 + random.Next(4),
        ReadShare = random.Pick([0.1, 0.4, 0.7]),
        Reads = random.Pick<ReadMode[]>([
            [ReadMode.Server], [ReadMode.Lease], [ReadMode.Index, ReadMode.Lease],
            [ReadMode.Server, ReadMode.Index, ReadMode.Lease, ReadMode.Log, ReadMode.Stale]]),
        ReadsAnywhere = random.Pick([0.0, 0.1, 0.5]),
        DeleteShare = random.Pick([0.0, 0.1, 0.3]),
        ThinkMicros = random.Pick([1_000.0, 10_000, 40_000]),
        PaddingMax = random.Pick([0, 100, 800]),
        OperationTimeoutMicros = random.Pick([300_000L, 1_000_000, 2_000_000]),
        AttemptTimeoutMicros = random.Pick([100_000L, 400_000]),
    };

    private static SessionLimits LimitsOf(SeededRandom random) => new()
    {
        TimeoutMicros = random.Pick([300_000L, 2_000_000, 600_000_000]),
        SessionsMax = random.Pick([2, 4, 100]),
        AnswerBytesMax = random.Pick([400L, 4_000, 1 << 20]),
    };

    /// <summary>Voters at the beginning.</summary>
    public int Voters { get; }

    /// <summary>
    /// Whether all voters start together (<c>-peer</c>); otherwise one starts and the others join it.
    /// </summary>
    public bool StartsFixed { get; }

    /// <summary>
    /// Whether one of those that start together loses its data as soon as the others can tell, and comes back as if the
    /// cluster began only now.
    /// </summary>
    public bool LosesFounder { get; }

    /// <summary>Observers that the first configuration names and nobody has started: they must not matter.</summary>
    public int SilentObservers { get; }

    /// <summary>How servers answer reads that do not say.</summary>
    public ReadMode Reads { get; }

    /// <summary>A follower that lags by more fetches from others.</summary>
    public ulong CatchUpLagEntries { get; }

    /// <summary>Bytes of what is fetched that one round takes.</summary>
    public long CatchUpBytesPerRound { get; }

    /// <summary>Who follows the log, and how.</summary>
    public FollowingPlan Following { get; }

    /// <summary>When sessions of clients end by themselves.</summary>
    public SessionLimits Sessions { get; }

    /// <summary>When replicas take snapshots.</summary>
    public SnapshotPlan Snapshots { get; }

    /// <summary>Length of the part with faults.</summary>
    public long DurationMicros { get; }

    public long TickMicros { get; }

    public RaftOptions Raft { get; }

    public LogOptions Log { get; }

    public int FramesPerRound { get; }

    public long ApplyBytesPerRound { get; }

    public int OutstandingRequestsMax { get; }

    public StatePlan State { get; }

    public Workload Workload { get; }

    /// <summary>An election timeout, in microseconds: the measure of how long faults last.</summary>
    public long ElectionMicros => TickMicros * Raft.ElectionTimeoutTicks;

    /// <summary>How long a voter that has heard a leader elects nobody else, at the least, by its own clock.</summary>
    /// <remarks>The loop may be two ticks late, and one more may be due right after it has heard.</remarks>
    public long PromiseMicros => TickMicros * (Raft.ElectionTimeoutTicks - 3);

    public override string ToString() =>
        $"{Voters} voters {(StartsFixed ? "together" : "by joining")}, {DurationMicros / 1_000_000} s, "
        + $"tick {TickMicros} us, "
        + $"election {Raft.ElectionTimeoutTicks}, heartbeat {Raft.HeartbeatTicks}, window {Raft.WindowEntries}/"
        + $"{Raft.WindowBytes}, message {Raft.MessageBytes}, segment {Log.SegmentSizeBytes}, "
        + $"{Workload.Clients} clients, {Workload.Keys} keys {State}, reads by {Reads}, {Following}, "
        + $"{Snapshots}";
}
