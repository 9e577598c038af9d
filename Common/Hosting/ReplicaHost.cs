using System.Diagnostics;
using System.Security.Cryptography;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Member = Chorus.Raft.Member;

namespace Chorus.Common.Hosting;

/// <summary>
/// A replica as a process: opens directory, disk and sockets, joins or starts a cluster, and runs the loop on the
/// calling thread until it is stopped.
/// </summary>
/// <param name="options">What to run.</param>
/// <param name="open">Opens what is replicated, once the log is recovered; closed when the node stops.</param>
/// <param name="loggers">Where lines go.</param>
public sealed class ReplicaHost(
    ReplicaHostOptions options, Func<StateSetting, HostedState> open, ILoggerFactory loggers)
{
    private const uint JoinProtocolVersion = 1;
    private const int DrainTimeoutMs = 2_000;
    private const long HandOverMicrosMax = 2_000_000;
    private const long LastAnswersMicros = 50_000;

    private readonly ILogger _logger = loggers.CreateLogger("replica");
    private readonly SystemClock _clock = new();
    private Identity? _node;
    private bool _hasStarted;
    private SnapshotInfo? _installed;
    private StateInstallation? _installation;
    private IReadOnlyList<string> _sources = [];

    /// <summary>A replica whose state is in memory.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="make">Makes what is replicated, as it is before the first entry.</param>
    /// <param name="loggers">Where lines go.</param>
    public ReplicaHost(ReplicaHostOptions options, Func<IStateMachine> make, ILoggerFactory loggers)
        : this(options, setting => new HostedState(setting.Restored ?? make()), loggers) => MakeState = make;

    /// <summary>
    /// Makes an empty state that a snapshot is restored into while it is fetched, and that <see
    /// cref="StateSetting.Restored"/> hands to who opens the state; null: it is restored behind that.
    /// </summary>
    public Func<IStateMachine>? MakeState { get; init; }

    /// <summary>Called once, on the loop's thread, when the node takes requests; for tests and for scripts.</summary>
    public Action? Started { get; init; }

    /// <summary>Runs until stopped.</summary>
    /// <param name="stop">Ends the loop; what is on its way to the disk gets there first.</param>
    /// <returns>The process's exit code.</returns>
    /// <exception cref="ChorusException">The node cannot start; says why and what to do.</exception>
    public int Run(CancellationToken stop)
    {
        options.Validate();
        using NodeDirectory? directory = options.InMemory ? null : NodeDirectory.Open(options.DataDirectory,
            options.Id);
        IStorage storage = directory?.Storage ?? new MemoryStorage();
        int? code = RunLife(directory, storage, stop);
        // A snapshot of another member stands for more than this node had: it begins anew from it, as after a crash.
        while (code is null)
            code = RunLife(directory, storage, stop);
        _installation?.Dispose();
        return code.Value;
    }

    private int? RunLife(NodeDirectory? directory, IStorage storage, CancellationToken stop)
    {
        using var context = new ZmqContext();
        using var sockets = new ReplicaSockets(context, options, _logger);
        using var wakeup = new Wakeup();
        using CancellationTokenRegistration registration = stop.Register(wakeup.Signal);
        if (_node is { } known)
            return RunLoop(known, null, directory, storage, sockets, wakeup, stop);
        Announce();

        var node = new Identity(
            directory?.Incarnation ?? NewIncarnation(), directory?.ClusterId ?? Guid.Empty, directory?.StateBase);
        CheckStateBase(node);
        Configuration? bootstrap = null;
        bool isNew = node.ClusterId == Guid.Empty;
        if (isNew)
        {
            if (Enter(context, node.Incarnation, out bootstrap, stop) is not { } clusterId)
                return ExitCodes.Interrupted;
            node = node with { ClusterId = clusterId };
            directory?.SetCluster(clusterId, options.StateBase, isFounder: bootstrap is not null);
        }
        else if (directory is { IsLogEmpty: true, Identity.IsFounder: true })
        {
            // The process died between naming its cluster and writing its first configuration.
            bootstrap = FirstConfiguration(node.Incarnation);
        }
        if (directory is not null && bootstrap is null && !isNew && options.JoinEndpoint is { } target)
            Know(new JoinClient(context, _logger).Confirm(At(target), RequestFor(node.Incarnation, node.ClusterId)));
        _node = node;
        return RunLoop(node, bootstrap, directory, storage, sockets, wakeup, stop);
    }

    private sealed record Identity(ulong Incarnation, Guid ClusterId, string? StateBase);

    private int? RunLoop(
        Identity node, Configuration? bootstrap, NodeDirectory? directory, IStorage storage, ReplicaSockets sockets,
        Wakeup wakeup, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        SnapshotStore snapshots = OpenSnapshots(storage, node);
        using var files = new OpenFiles();
        using var snapshotDisk = new DiskThread("snapshot", wakeup.Signal, standsBack: true);
        // Shown already while the log is repaired: others may need the newest one for the same.
        var shown = new SnapshotView(snapshots.Newest);
        SnapshotPort port = PortOf(snapshots, snapshotDisk, files, shown);
        var view = new LogView();
        var reports = new ObserverReports();
        TransferSource source = SourceOf(storage, view, reports, port);
        using TransferThread transfer = Serve(sockets.Transfer, source, port);
        using var disk = new DiskThread("disk", wakeup.Signal);
        ReplicaOptions own = OptionsOf(node, bootstrap) with { KnownSources = SourcesIn(storage) };
        using RecordLog? opened = new ReplicaRepair(own, options, sockets, view, _clock, _logger)
            .Open(storage, disk, snapshots, wakeup, stop);
        if (opened is not { } log)
            return ExitCodes.Ok;
        // First to end: no file is closed under the disk's hands.
        using DiskThread ending = disk;
        _logger.Recovered((long)Stopwatch.GetElapsedTime(start).TotalMilliseconds, log.Recovered.Log.Count);
        // Before a file whose state knows more than the log is given up for them.
        if (log.Recovered.HasLostEntries && snapshots.Newest is null)
            CheckBegin(log, LogIndex.Zero);
        using HostedState state = OpenState(node, directory, log, snapshots);
        CheckBegin(log, state.Machine.RestoredIndex);
        using DiskThread? apply = options.AppliesOnThread ? new DiskThread("apply", wakeup.Signal) : null;
        source.Image = state.Image;
        var replica = new Replica.Replica(
            own, log, state.Machine,
            new ReplicaPorts
            {
                Peers = sockets.Peers,
                Clients = sockets.Clients,
                Joins = sockets.Joins,
                Feed = sockets.Feed,
                Fetch = sockets.Fetch,
                View = view,
                Reports = reports,
                Apply = apply,
                Snapshots = port,
                Clock = _clock,
            },
            _logger);
        using (shown)
            Turn(replica, new MembersNote(storage, snapshotDisk), sockets, wakeup, stop);
        Drain(log);
        apply?.Dispose();
        (_installed, _installation) = (replica.Installed, replica.TakeInstallation());
        if (_installed is not null && !stop.IsCancellationRequested)
            return null;
        state.Stopping?.Invoke();
        _logger.Stopped();
        return ExitCodes.Ok;
    }

    private void Turn(
        Replica.Replica replica, MembersNote members, ReplicaSockets sockets, Wakeup wakeup, CancellationToken stop)
    {
        var poller = new Poller();
        sockets.AddTo(poller);
        poller.Add(wakeup);
        if (!_hasStarted)
            Started?.Invoke();
        _hasStarted = true;
        RunWhile(GoesOn, replica, wakeup, poller);
        // The last answers need a moment to leave the process.
        long end = _clock.MonotonicMicros + HandOverMicrosMax;
        if (replica.Installed is null && replica.Node.Role == Role.Leader)
        {
            replica.BeginHandOver();
            RunWhile(() => replica.IsHandingOver && _clock.MonotonicMicros < end, replica, wakeup, poller);
            end = _clock.MonotonicMicros + LastAnswersMicros;
            RunWhile(() => _clock.MonotonicMicros < end, replica, wakeup, poller);
        }

        bool GoesOn()
        {
            members.Look(replica.Node);
            return !stop.IsCancellationRequested && replica.Installed is null;
        }
    }

    private void RunWhile(Func<bool> goesOn, Replica.Replica replica, Wakeup wakeup, Poller poller)
    {
        while (goesOn())
        {
            wakeup.Clear();
            long began = _clock.MonotonicMicros;
            replica.DoWork();
            replica.Counters.LongestRound.Note(began, _clock.MonotonicMicros);
            poller.WaitMicros(MicrosUntil(replica.NextWorkMicros));
        }
    }

    private SnapshotStore OpenSnapshots(IStorage storage, Identity node)
    {
        long start = Stopwatch.GetTimestamp();
        SnapshotStore snapshots = SnapshotStore.Open(storage, node.ClusterId, _installed);
        foreach (string note in snapshots.Notes)
            _logger.SnapshotPassedOver(note);
        if (snapshots.Newest is { } newest)
        {
            _logger.SnapshotFound(
                (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds, newest.Index, newest.LengthBytes);
        }
        return snapshots;
    }

    private ReplicaOptions OptionsOf(Identity node, Configuration? bootstrap) => new()
    {
        Id = new NodeId(options.Id),
        Incarnation = node.Incarnation,
        ClusterId = node.ClusterId,
        PeerAddress = options.AdvertisedPeerEndpoint.ToString(),
        ClientAddress = options.AdvertisedClientEndpoint.ToString(),
        TransferAddress = options.AdvertisedTransferEndpoint.ToString(),
        FeedAddress = options.AdvertisedFeedEndpoint.ToString(),
        Bootstrap = bootstrap,
        Raft = options.Raft,
        Snapshots = options.Snapshots,
        ApplyBytesPerRound = options.ApplyBytesPerRound,
        StateBase = options.StateBase,
        IsDurable = !options.InMemory,
        Reads = options.Reads,
        Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
        Version = ProgramVersion.Text,
    };

    private TransferSource SourceOf(
        IStorage storage, LogView view, ObserverReports reports, SnapshotPort snapshots) => new()
        {
            Id = options.Id,
            View = view,
            Storage = storage,
            StateBase = options.StateBase,
            Reports = reports,
            Snapshots = snapshots.View,
        };

    private SnapshotPort PortOf(
        SnapshotStore snapshots, DiskThread executor, OpenFiles files, SnapshotView shown) => new()
        {
            Store = snapshots,
            Executor = executor,
            Files = files,
            View = shown,
            MakeState = MakeState,
        };

    private TransferThread Serve(ZmqTransferServer socket, TransferSource source, SnapshotPort snapshots)
    {
        ILogger logger = loggers.CreateLogger("transfer");
        var server = new TransferServer(source, socket, _clock, null, logger);
        snapshots.LowestPinned = () => server.LowestPinned;
        return new TransferThread([new TransferService(server, socket)], _clock, logger);
    }

    private HostedState OpenState(
        Identity node, NodeDirectory? directory, RecordLog log, SnapshotStore snapshots)
    {
        long start = Stopwatch.GetTimestamp();
        IStateMachine? restored = null;
        _installation?.TryTake(snapshots.Newest, out restored);
        _installation?.Dispose();
        _installation = null;
        HostedState state = open(new StateSetting(
            directory?.Storage, node.ClusterId, node.Incarnation, log.LastIndex,
            log.Recovered.HasLostEntries, snapshots.Newest is not null, restored));
        try
        {
            StateRestoring.Run(state.Machine, snapshots, log);
            if (snapshots.Newest is not null)
                SnapshotStore.RemoveUseless(snapshots.Storage, snapshots.Kept);
        }
        catch
        {
            state.Dispose();
            throw;
        }
        if (state.Machine.RestoredIndex > LogIndex.Zero)
        {
            _logger.StateRestored(
                (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds, state.Machine.RestoredIndex);
        }
        return state;
    }

    private long MicrosUntil(long micros) => Math.Max(0, micros - _clock.MonotonicMicros);

    // What was appended and not yet written is not acknowledged; writing it saves the others from sending it again.
    private static void Drain(RecordLog log)
    {
        log.Flush();
        SpinWait.SpinUntil(() => !log.IsBusy || log.TryTakeCompletion(out _), DrainTimeoutMs);
    }

    private Guid? Enter(ZmqContext context, ulong incarnation, out Configuration? bootstrap, CancellationToken stop)
    {
        bootstrap = null;
        if (options.JoinEndpoint is { } target)
        {
            JoinReply? welcome = new JoinClient(context, _logger).Join(
                At(target), RequestFor(incarnation, Guid.Empty), stop);
            if (welcome is null)
                return null;
            Know(welcome);
            var joined = new Guid(welcome.ClusterId.Span);
            _logger.Joined(joined, target.ToString());
            return joined;
        }
        bootstrap = FirstConfiguration(incarnation);
        return FirstMembers.ClusterIdOf(options);
    }

    private void Know(JoinReply? reply) => _sources =
        Others((reply?.Members ?? []).Select(member => (member.Id, MemberAddresses.TransferOf(member))));

    private IReadOnlyList<string> SourcesIn(IStorage storage)
    {
        IReadOnlyList<Member> known = KnownMembers.Load(storage);
        return
        [
            .. _sources.Concat(Others(known.Select(one => (one.Id.Value, MemberAddresses.TransferOf(one))))).Distinct(),
        ];
    }

    private IReadOnlyList<string> Others(IEnumerable<(string Id, string Transfer)> members) =>
        [.. members.Where(one => one.Id != options.Id && one.Transfer.Length > 0).Select(one => one.Transfer)];

    private JoinRequest RequestFor(ulong incarnation, Guid clusterId) => new()
    {
        ProtocolVersion = JoinProtocolVersion,
        Member = StatusReport.Describe(Self(incarnation)),
        ClusterId = clusterId == Guid.Empty ? ByteString.Empty : ByteString.CopyFrom(clusterId.ToByteArray()),
        StateBase = options.StateBase,
    };

    private Configuration FirstConfiguration(ulong incarnation) =>
        FirstMembers.ConfigurationOf(options, Self(incarnation));

    private Member Self(ulong incarnation) => new(
        new NodeId(options.Id), incarnation, MemberKind.Learner, options.AdvertisedPeerEndpoint.ToString(),
        options.AdvertisedClientEndpoint.ToString(), (byte)options.Priority,
        options.DistinctTransferAddress, options.DistinctFeedAddress);

    private void CheckBegin(RecordLog log, LogIndex restored)
    {
        if (log.FirstIndex <= restored.Next)
            return;
        throw new ChorusException(
            ExitCodes.Corruption, "log_begins_late",
            $"the log in {options.DataDirectory} begins at index {log.FirstIndex}: what stood before is gone, and the "
                + "state cannot be made without it",
            "Remove this node from the cluster, move the directory away, and join again with an empty one; or restore "
                + "the missing snapshots or segment files from a copy");
    }

    private void CheckStateBase(Identity node)
    {
        if (node.ClusterId == Guid.Empty || node.StateBase == options.StateBase)
            return;
        throw ChorusException.Usage(
            $"the data in {options.DataDirectory} started from '{node.StateBase}', not from '{options.StateBase}'",
            "Give the same -preload, or -slots and -slotsize, as at the first start, or another -data");
    }

    private void Announce()
    {
        _logger.Listening(
            options.ClientEndpoint.ToString(), options.PeerEndpoint.ToString(),
            options.JoinListenEndpoint?.ToString() ?? "(not taken)",
            options.InMemory ? "(memory)" : options.DataDirectory);
        if (options.InMemory)
            _logger.InMemory();
        if (options.Insecure && !options.ClientEndpoint.IsLoopback)
            _logger.Insecure(options.ClientEndpoint.ToString());
    }

    private static Endpoint At(HostEndpoint endpoint) => new(endpoint.Host, endpoint.Port);

    private static ulong NewIncarnation()
    {
        ulong incarnation;
        do
            incarnation = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        while (incarnation == 0);
        return incarnation;
    }
}
