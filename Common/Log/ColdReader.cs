using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>Reads records that memory no longer holds, in blocks; keeps a few, for readers here and there.</summary>
internal sealed class ColdReader(SegmentCatalog catalog, int blockBytes)
{
    private const int BlocksMax = 4;
    private const int CursorBytes = 256 << 10;

    private readonly List<ColdBlock> _blocks = [];
    private FileCursor? _cursor;
    private long _uses;

    /// <summary>A block that holds an index, and records up to a second one as far as a block reaches.</summary>
    /// <param name="from">Index that the block must hold.</param>
    /// <param name="until">Where the caller wants to get.</param>
    /// <param name="end">Index behind the last one on disk that may be read.</param>
    public ColdBlock Get(ulong from, ulong until, ulong end)
    {
        ColdBlock? oldest = null;
        foreach (ColdBlock block in _blocks)
        {
            // A block that begins at the index itself reaches as far as any can.
            if (block.Contains(from) && (block.Until >= until || block.First == from))
            {
                block.LastUse = ++_uses;
                return block;
            }
            if (oldest is null || block.LastUse < oldest.LastUse)
                oldest = block;
        }
        if (oldest is null || _blocks.Count < BlocksMax)
            _blocks.Add(oldest = new ColdBlock(blockBytes));
        oldest.LastUse = ++_uses;
        Load(oldest, from, end);
        return oldest;
    }

    /// <summary>A block that holds an index, at whatever place in it.</summary>
    public ColdBlock Get(ulong index, ulong end) => Get(index, index + 1, end);

    /// <summary>Forgets everything: the log was truncated.</summary>
    public void Clear() => _blocks.Clear();

    private void Load(ColdBlock block, ulong from, ulong end)
    {
        block.Begin(from);
        _cursor ??= new FileCursor(CursorBytes);
        ulong next = from;
        while (next < end)
        {
            Segment segment = catalog.Find(next);
            (ulong index, long position) = segment.Locate(next);
            _cursor.Begin(segment.File(catalog.Storage), position, segment.End);
            ulong until = Math.Min(end, segment.Until);
            while (index < until)
            {
                ReadOnlySpan<byte> record = NextRecord(segment, new LogIndex(index));
                if (index >= next)
                {
                    if (!block.TryAdd(record))
                        return;
                    next++;
                }
                _cursor.Advance(record.Length);
                index++;
            }
        }
    }

    private ReadOnlySpan<byte> NextRecord(Segment segment, LogIndex expected)
    {
        ReadOnlySpan<byte> bytes = _cursor!.Peek(RecordHeader.SizeBytes);
        ulong sequence = segment.Header.Sequence;
        if (BatchMark.TryDecode(bytes, segment.Salt, sequence, _cursor.Position, out _))
        {
            _cursor.Advance(BatchMark.SizeBytes);
            bytes = _cursor.Peek(RecordHeader.SizeBytes);
        }
        if (bytes.Length >= RecordHeader.SizeBytes)
            bytes = _cursor.Peek(Plausible(RecordCodec.Length(bytes), segment.End - _cursor.Position));
        string? error = RecordCheck.Shape(bytes, expected);
        if (error is null)
        {
            bytes = bytes[..(int)RecordCodec.Length(bytes)];
            error = RecordCheck.Content(bytes);
        }
        return error is null
            ? bytes
            : throw LogDamage.Record(catalog.Storage, segment.Header.Name, _cursor.Position, expected, error);
    }

    private static int Plausible(uint length, long available) =>
        length > available ? RecordHeader.SizeBytes : Math.Max(RecordHeader.SizeBytes, (int)length);
}
