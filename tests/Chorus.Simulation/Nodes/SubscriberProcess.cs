using Chorus.Common.Feed;
using Chorus.Simulation.Disk;
using Chorus.Simulation.Network;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>One life of an application that follows the log by the library.</summary>
internal sealed class SubscriberProcess : IMachineProcess
{
    private readonly Surroundings _around;
    private readonly SimulatedSubscriber _machine;
    private readonly SeededRandom _random;
    private readonly FeedInletPort _inlet;
    private readonly TransferClientPort _fetch;
    private readonly Pacemaker _loop;
    private LogFollower? _follower;
    private bool _hasEnded;

    public SubscriberProcess(Surroundings around, SimulatedSubscriber machine, SeededRandom random)
    {
        (_around, _machine, _random) = (around, machine, random);
        _loop = new Pacemaker(around, machine, random, lagMicros: 100) { Work = () => Guard(Work) };
        Disk = new SimulatedDisk(around.Events, random.Fork(), machine.Pace, _loop.Wake) { Crashed = _ => { } };
        _inlet = new FeedInletPort(around.Events, around.Network, random.Fork(), machine.Name, _loop.Wake);
        _fetch = new TransferClientPort(around.Events, around.Network, random.Fork(), machine.Name, _loop.Wake)
        {
            Tap = (_, _) => { },
        };
    }

    public SimulatedDisk Disk { get; }

    /// <summary>Feed address of the source that it follows.</summary>
    public string? Source => _inlet.Chosen;

    /// <summary>Where it stands.</summary>
    public string Standing =>
        $"{_follower?.State} at {_follower?.Position.Index} from {_follower?.Source}: {_follower?.Why}";

    public void Boot()
    {
        var options = new LogFollowerOptions
        {
            ClusterId = _around.ClusterId,
            Name = _machine.Name,
            Seed = _random.NextBits(),
            HeldBytesMax = _around.Plan.Following.HeldBytesMax,
            MessagesPerRound = _around.Plan.FramesPerRound,
            Fetch = _around.Plan.Following.Fetch,
        };
        _follower = new LogFollower(
            options, _machine.Store.Position, _inlet, _fetch, _machine.Clock, _machine.Store,
            new TraceLogger(_around.Trace, _machine.Name));
        _follower.Use([.. _machine.Sources.Select(source =>
            new FollowSource(source.Name, source.FeedAddress, source.TransferAddress, source is SimulatedLogger))]);
        _loop.Wake();
    }

    public void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is not Checks.Violation)
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
        _inlet.End();
        _fetch.End();
    }

    private void Work()
    {
        _follower!.DoWork();
        _around.Trace.Step(_machine.Name, 0, 0, _follower.Position.Index.Value, (byte)_follower.State);
        _loop.WakeAt(_machine.Clock.TrueTimeOf(_follower.NextWorkMicros));
    }
}
