using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>
/// The newest live batches without a gap between them, held back while what comes before is fetched. Beyond a limit of
/// bytes the oldest are dropped: they will be fetched too.
/// </summary>
internal sealed class LiveRun(long bytesMax)
{
    private readonly Queue<Piece> _pieces = new();
    private RecordHeader _last;

    /// <summary>Memory that is held.</summary>
    public long Bytes { get; private set; }

    public bool IsEmpty => _pieces.Count == 0;

    /// <summary>Index of the first record held.</summary>
    public LogIndex First => _pieces.Peek().First;

    /// <summary>Who sent the oldest batch.</summary>
    public FeedSource Source => _pieces.Peek().Source;

    /// <summary>Chain before the oldest batch, as its source says.</summary>
    public ulong PreviousChain => _pieces.Peek().PreviousChain;

    /// <summary>Header of the last record of the oldest batch.</summary>
    public RecordHeader LastOfFirst => _pieces.Peek().Last;

    /// <summary>Records of the oldest batch.</summary>
    public ReadOnlySpan<byte> Records => _pieces.Peek().Bytes.AsSpan(0, _pieces.Peek().Length);

    /// <summary>Holds a verified batch, or as much of it as is new.</summary>
    /// <returns>How many batches were dropped for it, or because they do not reach it.</returns>
    public int Add(FeedSource source, in FeedHeader header, ReadOnlySpan<byte> records, in RecordHeader last)
    {
        int dropped = 0;
        (LogIndex first, ulong previousChain) = (header.First, header.PreviousChain);
        if (!IsEmpty)
        {
            if (last.Index <= _last.Index)
                return 0;
            if (first <= _last.Index)
            {
                records = RecordSlice.Of(records, first, _last.Index.Next, last.Index.Next);
                (first, previousChain) = (_last.Index.Next, _last.Chain);
            }
            if (first != _last.Index.Next || FeedBatch.Continues(records, _last) is not null)
                dropped = Clear();
        }
        while (!IsEmpty && Bytes + records.Length > bytesMax)
        {
            Remove();
            dropped++;
        }
        byte[] bytes = ArrayPool<byte>.Shared.Rent(records.Length);
        records.CopyTo(bytes);
        _pieces.Enqueue(new Piece(source, first, last, previousChain, bytes, records.Length));
        _last = last;
        Bytes += bytes.Length;
        return dropped;
    }

    /// <summary>Drops the oldest batch.</summary>
    public void Remove()
    {
        Piece piece = _pieces.Dequeue();
        Bytes -= piece.Bytes.Length;
        ArrayPool<byte>.Shared.Return(piece.Bytes);
    }

    /// <summary>Drops everything.</summary>
    /// <returns>How many batches that were.</returns>
    public int Clear()
    {
        int count = _pieces.Count;
        while (!IsEmpty)
            Remove();
        return count;
    }

    private sealed record Piece(
        FeedSource Source, LogIndex First, RecordHeader Last, ulong PreviousChain, byte[] Bytes, int Length);
}
