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

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(FirstFillBytes);
    private int _outStart;
    private int _outEnd;
    private int _start;
    private int _filled;
    private int _fillBytes;
    private long _position;
    private ulong _freshUntil;
    private RecordHeader? _previous;
    private RecordHeader _peeked;

    /// <summary>Where it stands; null before the first use and after a damage.</summary>
    public SegmentFile? Segment { get; private set; }

    /// <summary>Index of the record at its place.</summary>
    public ulong Next { get; private set; }

    /// <summary>When it was last used.</summary>
    public long LastUse { get; set; }

    /// <summary>Goes to a known place at or before a record.</summary>
    public void Begin(SegmentFile segment, ulong index)
    {
        Segment = segment;
        (Next, _position) = segment.Locate(index);
        _previous = Next == segment.Header.First ? segment.Header.Previous : null;
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
    public ReadOnlySpan<byte> Read(ulong from, ulong until, int bytesMax, ulong limit)
    {
        while (Next < from)
        {
            _outStart = _outEnd = _start;
            Accept(PeekRecord(limit));
        }
        _outStart = _outEnd = _start;
        int most = Math.Min(bytesMax, BlockBytes);
        do
        {
            int length = PeekRecord(limit);
            if (_outEnd > _outStart && _outEnd - _outStart + length > most)
                break;
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

    /// <summary>Brings a whole record into the buffer, checks it, and says how long it is.</summary>
    private int PeekRecord(ulong limit)
    {
        // What was read when the record was not committed yet may have been half written, or another record.
        if (Next >= _freshUntil)
            DropUnread();
        ReadOnlySpan<byte> bytes = Peek(RecordHeader.SizeBytes, limit);
        if (bytes.Length >= BatchMark.SizeBytes && RecordCodec.Length(bytes) == BatchMark.Magic)
        {
            if (!Segment!.IsMark(bytes, _position, Next))
                throw Damage("the mark of its batch is not valid");
            Advance(BatchMark.SizeBytes);
            bytes = Peek(RecordHeader.SizeBytes, limit);
        }
        if (bytes.Length >= RecordHeader.SizeBytes)
        {
            uint length = RecordCodec.Length(bytes);
            if (length > (uint)bytes.Length && length <= Segment!.File.Length - _position)
                bytes = Peek((int)length, limit);
        }
        if (RecordCheck.Shape(bytes, new LogIndex(Next)) is string shape)
            throw Damage(bytes.ContainsAnyExcept((byte)0) ? shape : "nothing stands there");
        ReadOnlySpan<byte> record = bytes[..(int)RecordCodec.Length(bytes)];
        string? wrong = RecordCheck.Content(record);
        if (wrong is null && _previous is { } previous)
            wrong = RecordCheck.Continues(record, previous);
        if (wrong is not null)
            throw Damage(wrong);
        _peeked = RecordCodec.Header(record);
        return record.Length;
    }

    /// <summary>Goes behind the record that was just peeked at; its bytes may have been moved.</summary>
    private void Accept(int length)
    {
        _previous = _peeked;
        Segment!.AddPoint(Next, _position);
        Advance(length);
        Next++;
    }

    private void Advance(int bytes)
    {
        _start += bytes;
        _position += bytes;
    }

    private void DropUnread()
    {
        _filled = _start;
        _fillBytes = FirstFillBytes;
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
        _filled += Segment!.File.Read(_position + unread, target.AsSpan(_filled, wanted - _filled));
    }

    private LogCorruptionException Damage(string what)
    {
        LogCorruptionException damage = Segment!.Damage(_position, Next, what);
        Leave();
        return damage;
    }
}
