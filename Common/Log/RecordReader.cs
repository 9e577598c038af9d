using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>Walks over whole records in memory, verifying crc, chain and consecutive indexes.</summary>
/// <remarks>
/// The chain of the first record depends on the one before it, which is not here: it is taken as it stands, and
/// <see cref="RecordLog.AppendRecords"/> checks it against the log that it continues.
/// </remarks>
public ref struct RecordReader
{
    private readonly ReadOnlySpan<byte> _records;
    private readonly bool _verify;
    private readonly LogIndex _first;
    private RecordHeader _header;
    private LogIndex _expected;
    private int _next;
    private RecordSums _sums;

    /// <summary>Starts at the first byte.</summary>
    /// <param name="records">Records back to back.</param>
    /// <param name="first">Index that the first one must have.</param>
    /// <param name="verify">Whether to verify crc and chain (always for bytes from outside).</param>
    public RecordReader(ReadOnlySpan<byte> records, LogIndex first, bool verify)
    {
        _records = records;
        _verify = verify;
        _first = _expected = first;
    }

    /// <summary>Header of the current record.</summary>
    public readonly RecordHeader Header => _header;

    /// <summary>The whole current record.</summary>
    public readonly ReadOnlySpan<byte> Record => _records.Slice(Offset, _header.RecordLength);

    /// <summary>Payload of the current record.</summary>
    public readonly ReadOnlySpan<byte> Payload =>
        _records.Slice(Offset + RecordHeader.SizeBytes, _header.PayloadLength);

    /// <summary>Position of the current record in the input.</summary>
    public int Offset { get; private set; }

    /// <summary>Null, or what is wrong with the bytes: then nothing behind <see cref="Offset"/> may be used.</summary>
    public string? Error { get; private set; }

    /// <summary>Moves to the next record; false at the end or at an error.</summary>
    public bool Read()
    {
        if (Error is not null)
            return false;
        Offset = _next;
        ReadOnlySpan<byte> rest = _records[_next..];
        if (rest.Length == 0)
            return false;
        Error = RecordCheck.Shape(rest, _expected);
        if (Error is not null)
            return false;
        ReadOnlySpan<byte> record = rest[..(int)RecordCodec.Length(rest)];
        if (_verify)
        {
            _sums.Compute(_header.Chain, record, rest[record.Length..], out uint crc, out ulong chain);
            Error = RecordCheck.Content(record, crc);
            if (_expected != _first)
                Error ??= RecordCheck.Continues(record, _header, chain);
            if (Error is not null)
                return false;
        }
        _header = RecordCodec.Header(record);
        _expected = _expected.Next;
        _next += record.Length;
        return true;
    }
}
