using Chorus.Simulation.World;

namespace Chorus.Simulation.Network;

/// <summary>
/// One direction of a TCP connection: nothing overtakes, nothing is lost but with the whole connection. While the
/// machines are apart, messages wait; after a while the heartbeats of the connection give it up.
/// </summary>
internal sealed class Pipe(EventQueue world, SimulatedNetwork network, SeededRandom random, string from, string to)
{
    private const long RetransmissionMicros = 20_000;
    private readonly Queue<(long At, byte[][] Frames)> _onTheWay = new();
    private long _lastArrival;
    private long _stuckSince = -1;
    private bool _isClosed;

    /// <summary>How long machines are apart before a connection between them breaks.</summary>
    public const long TimeoutMicros = 1_000_000;

    /// <summary>The end that receives.</summary>
    public required IConnectionEnd Receiver { get; init; }

    /// <summary>The connection that this is one half of.</summary>
    public required Connection Connection { get; init; }

    /// <summary>Messages on their way.</summary>
    public int Count => _onTheWay.Count;

    /// <summary>Sends a message.</summary>
    public void Send(byte[][] frames)
    {
        _lastArrival = Math.Max(world.Now + network.Delay(random), _lastArrival + 1);
        _onTheWay.Enqueue((_lastArrival, frames));
        if (_onTheWay.Count == 1)
            world.At(_lastArrival, Deliver);
    }

    /// <summary>What is on its way is lost.</summary>
    public void Close() => _isClosed = true;

    private void Deliver()
    {
        if (_isClosed)
            return;
        if (!network.Passes(from, to))
        {
            _stuckSince = _stuckSince < 0 ? world.Now : _stuckSince;
            if (world.Now - _stuckSince > TimeoutMicros)
                Connection.Break();
            else
                world.After(RetransmissionMicros, Deliver);
            return;
        }
        _stuckSince = -1;
        if (!Receiver.HasRoom)
        {
            world.After(RetransmissionMicros, Deliver);
            return;
        }
        if (random.Chance(network.Rules.ConnectionBreaks))
        {
            Connection.Break();
            return;
        }
        byte[][] frames = _onTheWay.Dequeue().Frames;
        if (_onTheWay.TryPeek(out (long At, byte[][] Frames) next))
            world.At(next.At, Deliver);
        Receiver.Arrive(Connection, frames);
    }
}
