using System.Numerics;
using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// A place in one segment from which a reader goes on: reads ahead in blocks, verifies each record once, and closes
/// the gaps that the marks of batches leave, so that a run of records can be shown where it was read.
/// </summary>
internal sealed class RecordCursor
{
    // Short reads first: whoever wants one record is not made to wait for a block.
    private const int FirstFillBytes = 64 << 10;
    private const int BlockBytes = 1 << 20;

    /// <summary>What is wrong where the records of a segment simply end.</summary>
    public const string FileEnds = "the file ends where it must begin";

    /// <summary>What is wrong where the rest of a segment was never written.</summary>
    public const string NothingThere = "nothing stands where it must begin";

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(FirstFillBytes);
    private int _outStart;
    private int _outEnd;
    private int _start;
    private int _filled;
    private int _fillBytes;
    private ulong _freshUntil;
    private RecordHeader _peeked;
    private RecordSums _sums;

    /// <summary>Where it stands; null before the first use and after a damage.</summary>
    public SegmentFile? Segment { get; private set; }

    /// <summary>Index of the record at its place.</summary>
    public ulong Next { get; private set; }

    /// <summary>Its place in the file.</summary>
    public long Position { get; private set; }

    /// <summary>The record before its place, where it is known.</summary>
    public RecordHeader? Previous { get; private set; }

    /// <summary>Whether what was found wrong last is sound, and of a newer version.</summary>
    public bool IsAtNewer { get; private set; }

    /// <summary>When it was last used.</summary>
    public long LastUse { get; set; }

    /// <summary>Goes to a known place at or before a record.</summary>
    public void Begin(SegmentFile segment, ulong index)
    {
        Segment = segment;
        (Next, Position) = segment.Locate(index);
        Previous = Next == segment.Header.First ? segment.Header.Previous : null;
        _sums.Forget();
        _start = _filled = 0;
        _fillBytes = FirstFillBytes;
    }

    /// <summary>Forgets its place.</summary>
    public void Leave() => Segment = null;

    /// <summary>Reads whole records, at least one.</summary>
    /// <param name="from">First index; not before <see cref="Next"/>.</param>
    /// <param name="until">Index behind the last one wanted, in this segment.</param>
    /// <param name="bytesMax">Limit, where more than one record is read.</param>
    /// <param name="limit">Last index that may be read in the whole log.</param>
    /// <exception cref="LogCorruptionException">One of them is not what was written.</exception>
    /// <exception cref="NodeDirectoryException">One of them is of a newer version.</exception>
    public ReadOnlySpan<byte> Read(ulong from, ulong until, int bytesMax, ulong limit)
    {
        while (Next < from)
        {
            if (Skip(limit) is string wrong)
                throw Damage(wrong);
        }
        _outStart = _outEnd = _start;
        int most = Math.Min(bytesMax, BlockBytes);
        do
        {
            string? wrong = PeekRecord(limit, out int length);
            if (_outEnd > _outStart && (wrong is not null || _outEnd - _outStart + length > most))
                break;
            if (wrong is not null)
                throw Damage(wrong);
            if (_outEnd == _outStart)
                _outStart = _outEnd = _start;
            else if (_outEnd != _start)
                _buffer.AsSpan(_start, length).CopyTo(_buffer.AsSpan(_outEnd));
            _outEnd += length;
            Accept(length);
        }
        while (Next < until);
        return _buffer.AsSpan(_outStart.._outEnd);
    }

    /// <summary>Goes behind the next record. The answer is null, or why there is none.</summary>
    public string? Skip(ulong limit)
    {
        _outStart = _outEnd = _start;
        string? wrong = PeekRecord(limit, out int length);
        if (wrong is null)
            Accept(length);
        return wrong;
    }

    /// <summary>Forgets what was read ahead: it may have been written since.</summary>
    public void DropUnread()
    {
        _filled = _start;
        _sums.Forget();
        _fillBytes = FirstFillBytes;
    }

    /// <summary>Brings a whole record into the buffer, checks it, and says how long it is.</summary>
    private string? PeekRecord(ulong limit, out int recordLength)
    {
        recordLength = 0;
        IsAtNewer = false;
        // What was read when the record was not committed yet may have been half written, or another record.
        if (Next >= _freshUntil)
            DropUnread();
        ReadOnlySpan<byte> bytes = Peek(RecordHeader.SizeBytes, limit);
        if (bytes.Length >= BatchMark.SizeBytes && RecordCodec.Length(bytes) == BatchMark.Magic)
        {
            if (!Segment!.IsMark(bytes, Position, Next))
                return "the mark of its batch is not valid";
            Advance(BatchMark.SizeBytes);
            bytes = Peek(RecordHeader.SizeBytes, limit);
        }
        if (bytes.Length >= RecordHeader.SizeBytes)
        {
            uint length = RecordCodec.Length(bytes);
            if (length > (uint)bytes.Length && length <= Segment!.File.Length - Position)
                bytes = Peek((int)length, limit);
        }
        if (RecordCheck.Shape(bytes, new LogIndex(Next)) is string shape)
            return bytes.Length == 0 ? FileEnds : bytes.ContainsAnyExcept((byte)0) ? shape : NothingThere;
        ReadOnlySpan<byte> record = bytes[..(int)RecordCodec.Length(bytes)];
        _sums.Compute(Previous?.Chain ?? 0, record, bytes[record.Length..], out uint crc, out ulong chain);
        string? wrong = RecordCheck.Content(record, crc);
        IsAtNewer = wrong is not null && RecordCodec.CrcOf(record) == crc;
        if (wrong is null && Previous is { } previous)
            wrong = RecordCheck.Continues(record, previous, chain);
        _peeked = RecordCodec.Header(record);
        recordLength = record.Length;
        return wrong;
    }

    /// <summary>Goes behind the record that was just peeked at; its bytes may have been moved.</summary>
    private void Accept(int length)
    {
        Previous = _peeked;
        Segment!.AddPoint(Next, Position);
        Advance(length);
        Next++;
    }

    private void Advance(int bytes)
    {
        _start += bytes;
        Position += bytes;
    }

    private ReadOnlySpan<byte> Peek(int bytes, ulong limit)
    {
        if (_filled - _start < bytes)
            Fill(bytes, limit);
        return _buffer.AsSpan(_start, _filled - _start);
    }

    /// <summary>Reads on, keeping what is gathered and what is unread, without the gap between the two.</summary>
    private void Fill(int bytes, ulong limit)
    {
        _sums.Forget();
        if (_freshUntil != limit + 1)
        {
            // One buffer, one limit: what an older one left is read again.
            _filled = _start;
            _freshUntil = limit + 1;
        }
        int gathered = _outEnd - _outStart, unread = _filled - _start;
        int wanted = gathered + Math.Max(bytes, _fillBytes);
        byte[] target = wanted <= _buffer.Length
            ? _buffer
            : GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)wanted));
        _buffer.AsSpan(_outStart, gathered).CopyTo(target);
        _buffer.AsSpan(_start, unread).CopyTo(target.AsSpan(gathered));
        _buffer = target;
        (_outStart, _outEnd, _start, _filled) = (0, gathered, gathered, gathered + unread);
        _fillBytes = Math.Min(BlockBytes, _fillBytes * 2);
        _filled += Segment!.File.Read(Position + unread, target.AsSpan(_filled, wanted - _filled));
    }

    private Exception Damage(string what)
    {
        Exception damage = IsAtNewer
            ? Segment!.Newer(Position, Next, what)
            : Segment!.Damage(Position, Next, what);
        Leave();
        return damage;
    }
}
