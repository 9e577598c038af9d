using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Simulation.Checks;
using Chorus.Simulation.Disk;
using Chorus.Simulation.Network;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>
/// One life of a replica's process: the production loop on simulated ports, called when something may be there to do.
/// </summary>
internal sealed class Process : IMachineProcess
{
    private readonly Surroundings _around;
    private readonly SimulatedNode _node;
    private readonly SeededRandom _random;
    private readonly PeerPort _peers;
    private readonly ClientPort _clients;
    private readonly ClientPort _joins;
    private readonly FeedOutletPort _feed;
    private readonly SimulatedDisk _apply;
    private readonly TransferThread _transfer;
    private readonly TransferClientPort _fetch;
    private readonly ObserverReports _reports = new();
    private readonly SimulatedDisk _checkpoints;
    private readonly SimulatedDisk _snapshots;
    private readonly Pacemaker _loop;
    private readonly StoppingClock _clock;
    private readonly FeedWatch _published;
    private readonly LogView _view = new();
    private readonly ExtentWatch _shown;
    private RecordLog? _log;
    private readonly SnapshotView _snapshotView = new();
    private TransferServer? _server;
    private LogRepair? _repair;
    private NodeWatch? _watch;
    private bool _hasEnded;
    private long _fetched;
    private long _taken;
    private long _takenForMembers;
    private long _cuts;

    public Process(Surroundings around, SimulatedNode node, SeededRandom random)
    {
        (_around, _node, _random) = (around, node, random);
        _published = new FeedWatch(node.Name, around.ClusterId);
        _shown = new ExtentWatch(node.Name, _view);
        _clock = new StoppingClock(around, node, () => _hasEnded);
        _loop = new Pacemaker(around, node, random, lagMicros: 30) { Work = () => Guard(Work) };
        Action<CrashException> crashed = crash => Guard(() => throw crash);
        _checkpoints = new SimulatedDisk(around.Events, random.Fork(), node.Pace, () => { }) { Crashed = crashed };
        _snapshots = new SimulatedDisk(around.Events, random.Fork(), node.Pace, _loop.Wake)
        {
            Crashed = crashed,
            Companion = _checkpoints,
        };
        _apply = new SimulatedDisk(around.Events, random.Fork(), node.Pace, _loop.Wake)
        {
            Crashed = crashed,
            Companion = _snapshots,
        };
        Disk = new SimulatedDisk(around.Events, random.Fork(), node.Pace, _loop.Wake)
        {
            Crashed = crashed,
            Companion = _apply,
        };
        _peers = new PeerPort(around.Network, node.Name, _loop.Wake, Received, Sent);
        _clients = new ClientPort(around.Network, node.ClientAddress, _loop.Wake);
        _joins = new ClientPort(around.Network, node.JoinAddress, _loop.Wake);
        _transfer = new TransferThread(around, node, random.Fork(), Guard);
        _fetch = new TransferClientPort(around.Events, around.Network, random.Fork(), node.Name, _loop.Wake)
        {
            Tap = (_, _) => { },
        };
        _feed = new FeedOutletPort(around.Network, random.Fork(), _loop.Wake)
        {
            Tap = (_, header, records) => _published.Note(header, records),
        };
    }

    public SimulatedDisk Disk { get; }

    public Replica Replica { get; private set; } = null!;

    public CheckedStateMachine StateMachine { get; private set; } = null!;

    /// <summary>Whether the process came as far as its loop.</summary>
    public bool IsUp => _watch is not null;

    /// <summary>Recovers the log, or begins to repair it; makes the replica, opens the sockets.</summary>
    public void Boot()
    {
        StartTransfer();
        Open();
        _loop.Wake();
    }

    private void Open()
    {
        Plan plan = _around.Plan;
        SnapshotStore store = SnapshotStore.Open(_node.Storage, _around.ClusterId);
        _snapshotView.Show(store.Newest);
        _log = RecordLog.TryOpen(_node.Storage, Disk, plan.Log, OpeningOf(store), out DamagedLog? damaged);
        if (_log is not null)
        {
            if (_repair is not null)
                _view.Replace(_log.ExtentUpTo(_log.Recovered.KnownCommit));
            _repair?.Dispose();
            _repair = null;
            Begin(plan, _log, store);
            return;
        }
        if (!_node.HasFlippedBits)
            throw new Violation("a sound disk gives back what was written", damaged!.Holes[0].Damage.Message);
        _view.Replace(damaged!.Intact);
        _repair?.Dispose();
        _repair = new LogRepair(
            new NodeId(_node.Name), _around.ClusterId, damaged, [], _node.KnownPeers, _fetch, _node.Clock,
            plan.Following.Fetch, new TraceLogger(_around.Trace, _node.Name))
        {
            MayBeginAnew = true,
        };
        if (_repair.State == RepairState.NobodyToAsk)
            throw damaged.Holes[0].Damage;
    }

    private LogOpening OpeningOf(SnapshotStore store) => new()
    {
        ClusterId = _around.ClusterId,
        CompleteFrom = new LogIndex(1),
        Snapshot = store.Newest?.Header.Last,
    };

    private void Begin(Plan plan, RecordLog log, SnapshotStore store)
    {
        SnapshotPort snapshots = Restore(plan, log, store);
        Replica = new Replica(
            OptionsOf(plan), log, StateMachine,
            new ReplicaPorts
            {
                Peers = _peers,
                Clients = _clients,
                Joins = _joins,
                Feed = _feed,
                Fetch = _fetch,
                View = _view,
                Reports = _reports,
                Apply = plan.State.IsAppliedOnThread ? _apply : null,
                Snapshots = snapshots,
                Clock = _clock,
            },
            new TraceLogger(_around.Trace, _node.Name));
        _around.Network.Open(_node.PeerAddress, _peers);
        _around.Network.Open(_node.ClientAddress, _clients);
        _around.Network.Open(_node.JoinAddress, _joins);
        _around.Network.Listen(_node.FeedAddress, _feed);
        _watch = new NodeWatch(_node.Name, _node.Incarnation, Replica.Node, log, _node.Clock)
        {
            IsOfDamagedDisk = _node.IsDamaged,
        };
        _watch.Mirror.Begin(log, store.Newest?.Header.Configuration.Index.Value ?? 0);
        _watch.Matched = log.Base.Index.Value;
        _around.History.Started(_node.ClientAddress);
        _around.Invariants.Started(_watch, log.Recovered);
    }

    private SnapshotPort Restore(Plan plan, RecordLog log, SnapshotStore store)
    {
        StateMachine = new CheckedStateMachine(
            _node.Name, _around.Applied,
            plan.State.Open(_node, log, _checkpoints, plan.Snapshots.DisplacedBytesMax));
        _around.Invariants.Restored += StateRestoring.Run(StateMachine, store, log) ? 1 : 0;
        if (store.Newest is not null)
            SnapshotStore.RemoveUseless(_node.Storage, store.Kept);
        if (log.FirstIndex > StateMachine.RestoredIndex.Next)
            throw new LogCorruptionException($"the log begins at {log.FirstIndex}, and nothing stands for the rest");
        return new SnapshotPort
        {
            Store = store,
            Executor = _snapshots,
            View = _snapshotView,
            LowestPinned = () => _server!.LowestPinned,
        };
    }

    private void StartTransfer() => _server = _transfer.Start(new TransferSource
    {
        Id = _node.Name,
        View = _view,
        Storage = _node.Storage,
        Reports = _reports,
        Snapshots = _snapshotView,
    });

    private ReplicaOptions OptionsOf(Plan plan) => new()
    {
        Id = new NodeId(_node.Name),
        Incarnation = _node.Incarnation,
        ClusterId = _around.ClusterId,
        PeerAddress = _node.PeerAddress,
        ClientAddress = _node.ClientAddress,
        Bootstrap = _node.Bootstrap,
        Raft = plan.Raft,
        TickMicros = plan.TickMicros,
        FramesPerRound = plan.FramesPerRound,
        ApplyBytesPerRound = plan.ApplyBytesPerRound,
        OutstandingRequestsMax = plan.OutstandingRequestsMax,
        CatchUpLagEntries = plan.CatchUpLagEntries,
        CatchUpBytesPerRound = plan.CatchUpBytesPerRound,
        CatchUpStream = plan.Following.Fetch with
        {
            ChunkBytes = (int)Math.Min(plan.Following.Fetch.ChunkBytes, plan.Log.PendingBytesMax / 2),
        },
        KnownSources = _node.KnownPeers,
        Reads = plan.Reads,
        Sessions = plan.Sessions,
        Snapshots = plan.Snapshots.Options,
        SnapshotFetchBytesPerSecond = plan.Snapshots.FetchBytesPerSecond,
        Seed = _random.NextBits(),
    };

    /// <summary>Runs production code; what it throws ends the process, as it would end a real one.</summary>
    public void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is not Violation)
        {
            if (!_hasEnded)
                _node.Died(error);
        }
    }

    /// <summary>The process is gone.</summary>
    public void End()
    {
        _hasEnded = true;
        if (_watch is not null)
            _watch.HasEnded = true;
        _repair?.Dispose();
        _loop.End();
        Disk.Stop();
        _around.Network.Close(_node.PeerAddress, _peers);
        _around.Network.Close(_node.ClientAddress, _clients);
        _around.Network.Close(_node.JoinAddress, _joins);
        _around.Network.StopListening(_node.FeedAddress, _feed);
        _feed.End();
        _transfer.End();
        _fetch.End();
    }

    private void Work()
    {
        if (_repair is { } repair)
        {
            Repair(repair);
            return;
        }
        if (_watch is null)
            return;
        _clock.BeginRound();
        Replica.DoWork();
        if (Replica.Installed is not null)
        {
            _around.Invariants.Installed++;
            _node.BeginAnew();
            return;
        }
        RaftNode core = Replica.Node;
        if (_node.IsDamaged && !core.HasLostEntries)
            _node.IsWholeAgain();
        _node.Know(core.Configuration);
        _around.Invariants.AfterStep(_watch);
        _around.Invariants.Fetched += Replica.Counters.CatchUpRecords - _fetched;
        _fetched = Replica.Counters.CatchUpRecords;
        CheckSessions(core);
        _around.Invariants.Snapshots += Replica.Counters.Snapshots - _taken;
        _taken = Replica.Counters.Snapshots;
        _around.Invariants.SnapshotsForMembers += Replica.Counters.SnapshotsForMembers - _takenForMembers;
        _takenForMembers = Replica.Counters.SnapshotsForMembers;
        _around.Invariants.Cuts += Replica.Counters.LogCuts - _cuts;
        _cuts = Replica.Counters.LogCuts;
        _published.AfterStep(_around.Invariants.Committed, core.Commit.Value);
        _shown.AfterStep(_around.Invariants.Committed, _log!);
        _around.Trace.Step(_node.Name, core.Term.Value, core.Commit.Value, core.LastIndex.Value, (byte)core.Role);
        _loop.WakeAt(_node.Clock.TrueTimeOf(Replica.NextWorkMicros));
    }

    private void CheckSessions(RaftNode core)
    {
        ulong sessions = Replica.Sessions.Digest;
        _around.Applied.NoteSessions(_node.Name, Replica.AppliedIndex.Value, sessions);
        if (Replica.Counters.SessionCommandsRefused > 0)
            throw new Violation("the log holds no command twice", $"{_node.Name} has met one that has no effect");
        // With nothing under way, what a leader lets in by is what it has applied.
        if (core.Role == Role.Leader && Replica.AppliedIndex == core.LastIndex
            && Replica.Door.Table is { } door && door.Digest != sessions)
            throw new Violation("the door knows the log", $"{_node.Name} lets in by other sessions than it has");
    }

    private void Received(byte[] header, byte[] records) =>
        _around.Invariants.Promises.Received(_node.Name, _node.Clock, header, records);

    private void Repair(LogRepair repair)
    {
        repair.DoWork();
        long next = repair.NextWorkMicros;
        if (repair.State == RepairState.Repaired)
        {
            _around.Invariants.Repaired++;
            Open();
            next = _node.Clock.MonotonicMicros;
        }
        _loop.WakeAt(_node.Clock.TrueTimeOf(next));
    }

    // The first messages of all leave before the constructor is done, if ever.
    private void Sent(byte[] header)
    {
        if (Replica is not null)
        {
            _around.Invariants.Promises.Sent(Replica.Node, _node.Clock, header);
            if (_watch is not null)
                _around.Invariants.Spoke(_watch, header);
        }
    }
}
