using System.Text;
using Chorus.Common.Replica;

namespace Chorus.Simulation.Network;

/// <summary>The client or join socket of one process.</summary>
internal sealed class ClientPort(SimulatedNetwork network, string address, Action wake)
    : IClientTransport, IEndpoint
{
    private readonly Queue<(string Sender, byte[] Frame)> _waiting = new();
    private readonly Dictionary<string, ClientConnection> _connections = new(StringComparer.Ordinal);

    public long DroppedTotal => 0;

    public bool TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame)
    {
        if (!_waiting.TryDequeue(out (string Sender, byte[] Frame) next))
        {
            connection = null!;
            frame = default;
            return false;
        }
        if (!_connections.TryGetValue(next.Sender, out connection!))
        {
            connection = new ClientConnection(Encoding.UTF8.GetBytes(next.Sender), delimited: false);
            _connections.Add(next.Sender, connection);
        }
        frame = next.Frame;
        return true;
    }

    public void Send(ClientConnection connection, ReadOnlySpan<byte> frame) =>
        network.SendForClient(
            SimulatedNetwork.MachineOf(address),
            address,
            Encoding.UTF8.GetString(connection.Identity),
            frame.ToArray());

    public void Arrive(string sender, byte[] first, byte[] second)
    {
        _waiting.Enqueue((sender, first));
        wake();
    }
}
