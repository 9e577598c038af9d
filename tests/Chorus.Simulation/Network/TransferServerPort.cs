using System.Buffers.Binary;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Network;

/// <summary>The ROUTER socket of one transfer service.</summary>
/// <param name="network">Its rules say who lies.</param>
/// <param name="random">Chance.</param>
/// <param name="wake">Called when a message has arrived.</param>
internal sealed class TransferServerPort(SimulatedNetwork network, SeededRandom random, Action wake)
    : ITransferServerTransport, IConnectionEnd
{
    private const int WaitingMax = 256;
    private const int OnTheWayMax = 64;

    private readonly SortedDictionary<long, (Connection Connection, ClientConnection Name)> _receivers = [];
    private readonly Queue<(ClientConnection Name, byte[][] Frames)> _waiting = new();

    public bool HasRoom => _waiting.Count < WaitingMax;

    public bool TryReceive(
        out ClientConnection connection, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        bool any = _waiting.TryDequeue(out (ClientConnection Name, byte[][] Frames) next);
        connection = next.Name;
        header = any ? next.Frames[0] : default;
        body = any ? next.Frames[1] : default;
        return any;
    }

    public bool TrySend(ClientConnection connection, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(connection.Identity);
        if (!_receivers.TryGetValue(number, out (Connection Connection, ClientConnection Name) receiver)
            || receiver.Connection.CountBack >= OnTheWayMax)
        {
            return false;
        }
        byte[][] frames = [header.ToArray(), body.ToArray()];
        receiver.Connection.SendBack(network.Feed.Liar?.Change(frames, random) ?? frames);
        return true;
    }

    public void Opened(Connection connection)
    {
        byte[] identity = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(identity, connection.Number);
        _receivers[connection.Number] = (connection, new ClientConnection(identity, delimited: false));
    }

    public void Closed(Connection connection) => _receivers.Remove(connection.Number);

    public void Arrive(Connection connection, byte[][] frames)
    {
        if (!_receivers.TryGetValue(connection.Number, out (Connection Connection, ClientConnection Name) receiver))
            return;
        _waiting.Enqueue((receiver.Name, frames));
        wake();
    }

    /// <summary>The process is gone.</summary>
    public void End()
    {
        List<Connection> connections = [.. _receivers.Values.Select(receiver => receiver.Connection)];
        _receivers.Clear();
        foreach (Connection connection in connections)
            connection.Lose();
    }
}
