using System.Text;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Recovery;

/// <summary>One source: speaks Transfer from a log in memory, as truthfully as it is told to.</summary>
internal sealed class FakeSource(FakeLog log)
{
    private readonly List<Stream> _streams = [];
    private int _calls;

    /// <summary>Chunks after which it never says anything again.</summary>
    public int DiesAfterChunks { get; set; } = int.MaxValue;

    /// <summary>It sends only at each so-manyeth opportunity.</summary>
    public int Slowness { get; set; } = 1;

    /// <summary>Its last message of a stream never arrives.</summary>
    public bool LosesEnds { get; set; }

    public LogIndex FirstKept { get; set; } = new(1);

    public TransferRefusal Refusal { get; set; }

    /// <summary>By which snapshot it stands for what it no longer keeps; 0: it has none.</summary>
    public LogIndex Snapshot { get; set; }

    /// <summary>Changes a chunk before it leaves; the first argument counts them from 1.</summary>
    public Func<int, TransferHeader, byte[], (TransferHeader Header, byte[] Body)>? Falsify { get; set; }

    /// <summary>Stands for "the last command of its key" in compact content.</summary>
    public static bool IsShown(LogIndex index) => index.Value % 3 == 1;

    public int ChunksSent { get; private set; }

    public int Opened { get; private set; }

    public void Receive(in TransferHeader message)
    {
        ulong id = message.Stream;
        switch (message.Type)
        {
            case TransferMessageType.Open:
                Opened++;
                _streams.Add(new Stream { Open = message, Next = message.First, Credit = message.Credit });
                break;
            case TransferMessageType.Credit:
                foreach (Stream stream in _streams.Where(stream => stream.Open.Stream == id))
                    stream.Credit += message.Credit;
                break;
            case TransferMessageType.Close:
                _streams.RemoveAll(stream => stream.Open.Stream == id);
                break;
        }
    }

    public void Forget() => _streams.Clear();

    /// <summary>One chunk of each stream at most.</summary>
    public void Send(Action<byte[], byte[]> send)
    {
        if (++_calls % Slowness != 0)
            return;
        foreach (Stream stream in _streams.ToArray())
        {
            if (ChunksSent >= DiesAfterChunks)
                return;
            (TransferHeader header, byte[] body) = Next(stream);
            if (header.Type == default || (header.Type == TransferMessageType.End && LosesEnds))
                continue;
            if (header.Type == TransferMessageType.Chunk && Falsify is not null)
                (header, body) = Falsify(++ChunksSent, header, body);
            else if (header.Type == TransferMessageType.Chunk)
                ChunksSent++;
            byte[] frame = new byte[TransferHeader.SizeBytes];
            header.Encode(frame);
            send(frame, body);
        }
    }

    private (TransferHeader Header, byte[] Body) Next(Stream stream)
    {
        TransferHeader open = stream.Open;
        var header = new TransferHeader
        {
            Type = TransferMessageType.Chunk,
            Content = open.Content,
            ClusterId = log.ClusterId,
            Stream = open.Stream,
            First = stream.Next,
            Limit = log.Last,
        };
        TransferRefusal refusal = Judge(open, stream.Next);
        if (refusal != TransferRefusal.None)
        {
            _streams.Remove(stream);
            header = header with
            {
                Type = TransferMessageType.Refused,
                Refusal = refusal,
                First = FirstKept,
                Until = Snapshot,
            };
            return (header, Encoding.UTF8.GetBytes($"Refused: {refusal}."));
        }
        if (stream.Next == open.Until)
        {
            _streams.Remove(stream);
            return (header with { Type = TransferMessageType.End }, []);
        }
        if (stream.Credit == 0 || stream.Next > log.Last)
            return default;
        stream.Credit--;
        bool isCompact = open.Content == TransferContent.Compact;
        var body = new List<byte>();
        uint count = 0;
        LogIndex until = stream.Next;
        for (; until < open.Until && until <= log.Last; until = until.Next)
        {
            if (isCompact && !IsShown(until))
                continue;
            byte[] record = log.Record(until);
            if (body.Count > 0 && body.Count + record.Length > open.Count)
                break;
            body.AddRange(record);
            count++;
        }
        header = header with
        {
            Until = until,
            Count = count,
            Chain = log.ChainAt(stream.Next.Previous),
        };
        stream.Next = until;
        return (header, [.. body]);
    }

    private TransferRefusal Judge(in TransferHeader open, LogIndex next)
    {
        if (Refusal != TransferRefusal.None)
            return Refusal;
        if (open.ClusterId != Guid.Empty && open.ClusterId != log.ClusterId)
            return TransferRefusal.WrongCluster;
        if (next < FirstKept)
            return TransferRefusal.NoLongerKept;
        if (next > log.Until)
            return TransferRefusal.NotYetThere;
        return open.IsChainKnown && next == open.First && open.Chain != log.ChainAt(next.Previous)
            ? TransferRefusal.WrongChain
            : TransferRefusal.None;
    }

    private sealed class Stream
    {
        public required TransferHeader Open { get; init; }

        public LogIndex Next { get; set; }

        public uint Credit { get; set; }
    }
}
