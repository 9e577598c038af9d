using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// A new file for a segment, with the same header and so with marks that hold good: takes over what is whole of the old
/// one, and records that are given.
/// </summary>
internal sealed class SegmentCopy : IDisposable
{
    private const int BatchBytes = 256 << 10;

    private readonly IStorage _storage;
    private readonly SegmentHeader _header;
    private readonly IStorageFile _file;
    private readonly byte[] _batch = new byte[BatchBytes];
    private readonly uint _salt;
    private int _batchLength;
    private ulong _batchFirst;
    private long _end = SegmentHeader.BlockBytes;

    /// <summary>Makes the file; one that an earlier attempt left is thrown away.</summary>
    public SegmentCopy(IStorage storage, in SegmentHeader header, string name)
    {
        (_storage, _header) = (storage, header);
        if (storage.Exists(name))
            storage.Delete(name);
        _file = storage.Create(name);
        Next = header.First;
        byte[] block = new byte[SegmentHeader.BlockBytes];
        _salt = header.Encode(block);
        try
        {
            _file.Write(0, block);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Index that the next record must have, unless there is a hole.</summary>
    public ulong Next { get; private set; }

    /// <summary>Takes over records of the old file, from its beginning up to an index.</summary>
    public void CopyUntil(LogIndex until)
    {
        using IStorageFile old = _storage.Open(_header.Name, writable: false);
        Walk(old, _header, _salt, SegmentHeader.BlockBytes, until.Value);
        Check.That(Next == until.Value, "what recovery has read before a hole can be read again");
    }

    /// <summary>Takes over everything that is whole in the old file from a mark on, holes and all.</summary>
    public void CopyFrom(long position)
    {
        using IStorageFile old = _storage.Open(_header.Name, writable: false);
        Walk(old, _header with { First = Next }, _salt, position, ulong.MaxValue);
    }

    /// <summary>Takes over everything from <see cref="Next"/> on that is whole in a file that began before, holes and
    /// all.</summary>
    /// <param name="before">Header of that file, which has the same name.</param>
    public void CopyBehind(in SegmentHeader before)
    {
        using IStorageFile old = _storage.Open(before.Name, writable: false);
        Walk(old, before, before.Encode(new byte[SegmentHeader.BlockBytes]), SegmentHeader.BlockBytes, ulong.MaxValue);
    }

    /// <summary>Adds a record that follows.</summary>
    public void Add(ReadOnlySpan<byte> record)
    {
        if (_batchLength + record.Length > BatchBytes)
            WriteBatch();
        if (_batchLength == 0)
            _batchFirst = Next;
        Next++;
        if (record.Length > BatchBytes)
        {
            WriteMark();
            Write(record);
            return;
        }
        record.CopyTo(_batch.AsSpan(_batchLength));
        _batchLength += record.Length;
    }

    /// <summary>Makes the file durable.</summary>
    public void Sync()
    {
        WriteBatch();
        _file.Sync();
    }

    public void Dispose() => _file.Dispose();

    private void Walk(IStorageFile old, in SegmentHeader header, uint salt, long position, ulong until)
    {
        var cursor = new FileCursor(1 << 20);
        cursor.Begin(old, position, old.Length);
        ulong index = header.First;
        while (index < until)
        {
            ReadOnlySpan<byte> bytes = cursor.Peek(RecordHeader.SizeBytes);
            if (BatchMark.TryDecode(bytes, salt, header.Sequence, cursor.Position, out ulong first)
                && first >= index && first < until)
            {
                // As it was: a batch that stands behind another one proves that one to have been durable.
                WriteBatch();
                index = first;
                cursor.Advance(BatchMark.SizeBytes);
                continue;
            }
            if (bytes.Length >= RecordHeader.SizeBytes && RecordCodec.Length(bytes) is >= RecordHeader.SizeBytes
                and uint length && length <= old.Length - cursor.Position)
                bytes = cursor.Peek((int)length);
            if (RecordCheck.Shape(bytes, new LogIndex(index)) is null
                && RecordCodec.CrcMatches(bytes[..(int)RecordCodec.Length(bytes)]))
            {
                int recordLength = (int)RecordCodec.Length(bytes);
                Take(index++, bytes[..recordLength]);
                cursor.Advance(recordLength);
                continue;
            }
            // A hole further on stays one: it is filled next.
            long at = cursor.Position;
            cursor.Begin(old, at, old.Length);
            if (!BatchMark.Find(cursor, salt, header.Sequence, index, out _))
                return;
        }
    }

    private void Take(ulong index, ReadOnlySpan<byte> record)
    {
        if (index < Next)
            return;
        if (index > Next)
            WriteBatch();
        Next = index;
        Add(record);
    }

    private void WriteBatch()
    {
        if (_batchLength == 0)
            return;
        WriteMark();
        Write(_batch.AsSpan(0, _batchLength));
        _batchLength = 0;
    }

    private void WriteMark()
    {
        Span<byte> mark = stackalloc byte[BatchMark.SizeBytes];
        BatchMark.Encode(mark, _salt, _header.Sequence, _batchFirst, _end);
        Write(mark);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _file.Write(_end, bytes);
        _end += bytes.Length;
    }
}
