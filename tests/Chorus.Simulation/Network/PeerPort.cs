using Chorus.Common.Replica;

namespace Chorus.Simulation.Network;

/// <summary>The peer socket of one process.</summary>
/// <param name="network">What carries the messages.</param>
/// <param name="machine">The machine that the process runs on.</param>
/// <param name="wake">Called when something has arrived.</param>
/// <param name="received">Sees every message that is taken.</param>
/// <param name="sent">Sees every header sent, before it leaves.</param>
internal sealed class PeerPort(
    SimulatedNetwork network, string machine, Action wake, Action<byte[], byte[]> received,
    Action<byte[]> sent)
    : IPeerTransport, IEndpoint
{
    private const int WaitingMax = 20_000;
    private readonly Queue<(byte[] Header, byte[] Records)> _waiting = new();

    public long DroppedTotal { get; private set; }

    public bool TryReceive(out PeerFrame frame)
    {
        bool any = _waiting.TryDequeue(out (byte[] Header, byte[] Records) next);
        if (any)
            received(next.Header, next.Records);
        frame = any ? new PeerFrame(next.Header, next.Records) : default;
        return any;
    }

    public void Send(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records)
    {
        byte[] copy = header.ToArray();
        sent(copy);
        network.SendBetweenPeers(machine, address, copy, records.ToArray());
    }

    public void Retain(IReadOnlyCollection<string> addresses)
    {
    }

    public void Arrive(string sender, byte[] first, byte[] second)
    {
        if (_waiting.Count >= WaitingMax)
        {
            DroppedTotal++;
            return;
        }
        _waiting.Enqueue((first, second));
        wake();
    }
}
