using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Simulation.Checks;
using Chorus.Simulation.Disk;
using Chorus.Simulation.Network;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>One life of a logger's process: the production recorder on simulated ports.</summary>
internal sealed class LoggerProcess : IMachineProcess
{
    private readonly Surroundings _around;
    private readonly SimulatedLogger _machine;
    private readonly SeededRandom _random;
    private readonly FeedInletPort _inlet;
    private readonly FeedOutletPort _outlet;
    private readonly TransferClientPort _fetch;
    private readonly TransferThread _transfer;
    private readonly FeedWatch _published;
    private readonly Pacemaker _loop;
    private readonly LogView _view = new();
    private readonly ObserverReports _reports = new();
    private RecordLog? _log;
    private TransferServer? _server;
    private RetentionWatch? _retention;
    private Recorder? _recorder;
    private bool _hasEnded;

    public LoggerProcess(Surroundings around, SimulatedLogger machine, SeededRandom random)
    {
        (_around, _machine, _random) = (around, machine, random);
        _published = new FeedWatch(machine.Name, around.ClusterId);
        _loop = new Pacemaker(around, machine, random, lagMicros: 100) { Work = () => Guard(Work) };
        Disk = new SimulatedDisk(around.Events, random.Fork(), machine.Pace, _loop.Wake)
        {
            Crashed = crash => Guard(() => throw crash),
        };
        _inlet = new FeedInletPort(around.Events, around.Network, random.Fork(), machine.Name, _loop.Wake);
        _outlet = new FeedOutletPort(around.Network, random.Fork(), _loop.Wake)
        {
            Tap = (_, header, records) => _published.Note(header, records),
        };
        _fetch = new TransferClientPort(around.Events, around.Network, random.Fork(), machine.Name, _loop.Wake)
        {
            Tap = Sent,
        };
        _transfer = new TransferThread(around, machine, random.Fork(), Guard);
    }

    public SimulatedDisk Disk { get; }

    /// <summary>Last index that it has made durable.</summary>
    public ulong Durable => _recorder?.DurableIndex.Value ?? 0;

    /// <summary>Feed address of the source that it follows.</summary>
    public string? Source => _inlet.Chosen;

    /// <summary>Where it stands.</summary>
    public string Standing => _recorder is { } recorder
        ? $"{recorder.Follower.State} at {recorder.Follower.Position.Index} from {recorder.Follower.Source}"
            + $"{(recorder.IsRemoved ? ", removed" : "")}: {recorder.Follower.Why}"
        : "not up";

    public void Boot()
    {
        FollowingPlan plan = _around.Plan.Following;
        LogOptions log = _around.Plan.Log;
        if (_machine.KeepBytes is not null)
            log = log with { SegmentSizeBytes = FollowingPlan.SegmentBytes };
        _log = RecordLog.Open(_machine.Storage, Disk, log, _around.ClusterId);
        var options = new RecorderOptions
        {
            Id = new NodeId(_machine.Name),
            Incarnation = _machine.Incarnation,
            Members = _log.LastIndex == LogIndex.Zero || _random.Chance(0.5) ? _machine.Welcome : [],
            KnownMembers = _machine.KnownMembers,
            KeepBytes = _machine.KeepBytes,
            Upstream = _machine.Upstream,
            Follow = new LogFollowerOptions
            {
                ClusterId = _around.ClusterId,
                Name = _machine.Name,
                Seed = _random.NextBits(),
                HeldBytesMax = plan.HeldBytesMax,
                MessagesPerRound = _around.Plan.FramesPerRound,
                // A whole chunk must find room before the disk.
                Fetch = plan.Fetch with
                {
                    ChunkBytes = (int)Math.Min(plan.Fetch.ChunkBytes, _around.Plan.Log.PendingBytesMax / 2),
                },
            },
        };
        _recorder = new Recorder(
            options, _log, _around.ClusterId,
            new RecorderPorts
            {
                Inlet = _inlet,
                Transfer = _fetch,
                Feed = _outlet,
                View = _view,
                LowestPinned = () => _server!.LowestPinned,
                Reports = _reports,
                Clock = _machine.Clock,
            },
            new TraceLogger(_around.Trace, _machine.Name));
        _around.Network.Listen(_machine.FeedAddress, _outlet);
        _server = _transfer.Start(new TransferSource
        {
            Id = _machine.Name,
            IsLogger = true,
            View = _view,
            Storage = _machine.Storage,
            Reports = _reports,
        });
        _machine.Watch.Started(_log);
        if (_machine.KeepBytes is { } keepBytes)
        {
            _retention = new RetentionWatch(
                _machine.Name, _log, keepBytes, log.SegmentSizeBytes, _reports);
        }
        _loop.Wake();
    }

    public void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is not Violation)
        {
            if (!_hasEnded)
                _machine.Died(error);
        }
    }

    public void End()
    {
        _hasEnded = true;
        _loop.End();
        Disk.Stop();
        _around.Network.StopListening(_machine.FeedAddress, _outlet);
        _outlet.End();
        _inlet.End();
        _fetch.End();
        _transfer.End();
    }

    private void Work()
    {
        _retention?.BeforeStep(_server!.LowestPinned, _recorder!.Members);
        _recorder!.DoWork();
        _retention?.AfterStep(_view.Extent!);
        _machine.KnownMembers = _recorder.Members.Members;
        _machine.Watch.AfterStep(_log!);
        _published.AfterStep(_around.Invariants.Committed, Durable);
        _around.Trace.Step(
            _machine.Name, 0, Durable, _log!.LastIndex.Value, (byte)_recorder.Follower.State);
        _loop.WakeAt(_machine.Clock.TrueTimeOf(_recorder.NextWorkMicros));
    }

    private void Sent(byte[] header, byte[] body)
    {
        if (TransferHeader.TryDecode(header, out TransferHeader sent) && sent.Type == TransferMessageType.Report)
            _machine.Watch.Reported(_log!, sent.First.Value, sent.Chain);
    }
}
