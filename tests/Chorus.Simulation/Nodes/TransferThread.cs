using Chorus.Common.Transfer;
using Chorus.Simulation.Network;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>
/// The thread of a transfer service, beside its process's loop: it wakes when it likes, between any two rounds of the
/// loop, and reads the files that the loop's log is made of.
/// </summary>
internal sealed class TransferThread
{
    private readonly Surroundings _around;
    private readonly Machine _machine;
    private readonly Pacemaker _loop;
    private readonly TransferServerPort _port;
    private TransferServer? _server;

    public TransferThread(Surroundings around, Machine machine, SeededRandom random, Action<Action> guard)
    {
        (_around, _machine) = (around, machine);
        _loop = new Pacemaker(around, machine, random, lagMicros: 300) { Work = () => guard(Work) };
        _port = new TransferServerPort(around.Network, random.Fork(), _loop.Wake);
    }

    /// <summary>Begins to serve.</summary>
    public TransferServer Start(TransferSource source)
    {
        _server = new TransferServer(
            source, _port, _machine.Clock, _around.Plan.Following.Serve, new TraceLogger(_around.Trace, _machine.Name));
        _around.Network.Listen(_machine.TransferAddress, _port);
        return _server;
    }

    /// <summary>The process is gone.</summary>
    public void End()
    {
        _loop.End();
        _around.Network.StopListening(_machine.TransferAddress, _port);
        _port.End();
    }

    private void Work()
    {
        _server!.DoWork();
        if (_server.NextWorkMicros < long.MaxValue)
            _loop.WakeAt(_machine.Clock.TrueTimeOf(_server.NextWorkMicros));
    }
}
