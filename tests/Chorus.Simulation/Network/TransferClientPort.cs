using Chorus.Common.Transfer;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Network;

/// <summary>The DEALER sockets by which one process receives, one for each source.</summary>
/// <param name="world">Time.</param>
/// <param name="network">What carries the messages.</param>
/// <param name="random">Chance.</param>
/// <param name="machine">The machine that the process runs on.</param>
/// <param name="wake">Called when a message has arrived.</param>
internal sealed class TransferClientPort(
    EventQueue world, SimulatedNetwork network, SeededRandom random, string machine, Action wake)
    : ITransferClientTransport, IConnectionEnd
{
    private const int WaitingMax = 64;
    private const int OnTheWayMax = 64;

    private readonly SortedDictionary<string, Connection> _sources = new(StringComparer.Ordinal);
    private readonly Queue<(string Address, byte[][] Frames)> _waiting = new();

    /// <summary>Sees every message before it leaves.</summary>
    public required Action<byte[], byte[]> Tap { get; init; }

    public bool HasRoom => _waiting.Count < WaitingMax;

    public bool TrySend(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        byte[][] frames = [header.ToArray(), body.ToArray()];
        Tap(frames[0], frames[1]);
        if (!_sources.TryGetValue(address, out Connection? connection))
        {
            connection = new Connection(world, network, random, machine, address, this);
            _sources.Add(address, connection);
        }
        if (!connection.IsUp || connection.CountThere >= OnTheWayMax)
            return false;
        connection.SendThere(frames);
        return true;
    }

    public bool TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        bool any = _waiting.TryDequeue(out (string Address, byte[][] Frames) next);
        address = next.Address;
        header = any ? next.Frames[0] : default;
        body = any ? next.Frames[1] : default;
        return any;
    }

    public void Disconnect(string address)
    {
        if (_sources.Remove(address, out Connection? connection))
            connection.Abandon();
    }

    public void Opened(Connection connection) => wake();

    public void Closed(Connection connection)
    {
    }

    public void Arrive(Connection connection, byte[][] frames)
    {
        if (!_sources.TryGetValue(connection.Address, out Connection? known) || known != connection)
            return;
        _waiting.Enqueue((connection.Address, frames));
        wake();
    }

    /// <summary>The process is gone.</summary>
    public void End()
    {
        foreach (Connection connection in _sources.Values)
            connection.Abandon();
        _sources.Clear();
    }
}
