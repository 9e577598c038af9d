using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Walks over the records of an extent in order, one at a time, and verifies the chain from one segment to the next as
/// well. For tools; a stream takes the batches of <see cref="LogReader.Read"/> as they come.
/// </summary>
public ref struct LogWalk
{
    private const int BatchBytes = 256 << 10;

    private readonly LogReader _reader;
    private readonly LogExtent _extent;
    private readonly LogIndex _until;
    private ReadOnlySpan<byte> _rest;
    private LogIndex _next;
    private RecordHeader? _previous;

    /// <summary>Starts before a record.</summary>
    /// <param name="reader">Reads the files; for nothing else while this walks.</param>
    /// <param name="extent">What may be read.</param>
    /// <param name="from">First index; one of the extent's, or behind its last.</param>
    /// <param name="until">Index behind the last one wanted; one of the extent's, or behind its last.</param>
    public LogWalk(LogReader reader, LogExtent extent, LogIndex from, LogIndex until)
    {
        _reader = reader;
        _extent = extent;
        _next = from;
        _until = until;
    }

    /// <summary>Header of the current record.</summary>
    public RecordHeader Header { get; private set; }

    /// <summary>The current record, header and payload.</summary>
    public ReadOnlySpan<byte> Record { get; private set; }

    /// <summary>Payload of the current record.</summary>
    public readonly ReadOnlySpan<byte> Payload => Record[RecordHeader.SizeBytes..];

    /// <summary>Whether the walk ended early because a file was removed meanwhile by its owner.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Moves to the next record; false at the end.</summary>
    /// <exception cref="LogCorruptionException">A record, or a file, is not what was written.</exception>
    public bool Read()
    {
        if (_next >= _until || IsGone)
            return false;
        if (_rest.IsEmpty && !Load())
            return false;
        Record = _rest[..(int)RecordCodec.Length(_rest)];
        _rest = _rest[Record.Length..];
        Header = RecordCodec.Header(Record);
        _previous = Header;
        _next = _next.Next;
        return true;
    }

    private bool Load()
    {
        _previous ??= _next == _extent.First ? _reader.HeaderAt(_extent, _next.Previous) : null;
        _rest = _reader.Read(_extent, _next, _until, BatchBytes, out _);
        IsGone = _rest.IsEmpty;
        // Within a segment the reader itself has seen to it.
        if (!IsGone && _previous is { } previous
            && RecordCheck.Continues(_rest[..(int)RecordCodec.Length(_rest)], previous) is string wrong)
            throw _reader.Damage(_extent, _next, wrong);
        return !IsGone;
    }
}
