using Chorus.Common.Log;
using Chorus.Common.Replica;

namespace Chorus.Common.Transfer;

/// <summary>One stream at its source: whose it is, what it may send, and when both sides last spoke.</summary>
internal sealed class ServedStream(
    ClientConnection connection, in TransferHeader open, Guid clusterId, Serving serving, long nowMicros)
{
    private readonly Queue<int> _ahead = [];

    public ClientConnection Connection { get; } = connection;

    public ulong Id { get; } = open.Stream;

    public Serving Serving { get; } = serving;

    /// <summary>What every message of the stream begins with.</summary>
    public TransferHeader Header { get; } = new()
    {
        Type = TransferMessageType.Chunk,
        Content = open.Content,
        ClusterId = clusterId,
        Stream = open.Stream,
    };

    /// <summary>Chunks that it may still send.</summary>
    public ulong Credit { get; private set; } = open.Credit;

    /// <summary>Chunks sent and not consumed yet, by the receiver's credit.</summary>
    public int AheadChunks => _ahead.Count;

    /// <summary>Their bytes.</summary>
    public long AheadBytes { get; private set; }

    /// <summary>The extent in which there is nothing left to send; null while there is.</summary>
    public LogExtent? Exhausted { get; set; }

    /// <summary>Whether it has ended, and is only still in the list.</summary>
    public bool IsClosed { get; private set; }

    public long HeardMicros { get; private set; } = nowMicros;

    public long SaidMicros { get; set; } = nowMicros;

    /// <summary>Ends it; the connection is remembered while one of its streams is open.</summary>
    public void Close()
    {
        if (IsClosed)
            return;
        Connection.Outstanding--;
        IsClosed = true;
        Serving.End();
    }

    public void Sent(int bytes)
    {
        Credit--;
        _ahead.Enqueue(bytes);
        AheadBytes += bytes;
    }

    public void Give(uint chunks, long nowMicros)
    {
        HeardMicros = nowMicros;
        Credit = Math.Min(Credit + chunks, uint.MaxValue);
        for (uint i = 0; i < chunks && _ahead.TryDequeue(out int bytes); i++)
            AheadBytes -= bytes;
    }
}
