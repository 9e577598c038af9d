using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Reads everything that a directory holds. A segment supersedes older ones from its first index on; what remains
/// must be complete from the first segment, wherever it begins, up to the last one, whose end may be torn.
/// </summary>
/// <param name="catalog">Gets the segments.</param>
/// <param name="startAfter">The record before the first one, where there is no segment to say it.</param>
/// <param name="commit">Commit index of the hard state.</param>
internal sealed class LogRecovery(SegmentCatalog catalog, in RecordHeader startAfter, LogIndex commit)
{
    private readonly FileCursor _cursor = new(1 << 20);
    private readonly List<TermRun> _terms = [];
    private readonly List<ConfigurationEntry> _configurations = [];
    private readonly IStorage _storage = catalog.Storage;

    /// <summary>What is known when a log was removed for a snapshot: it begins behind that, empty.</summary>
    public LogRecovery(SegmentCatalog catalog, in RecordHeader snapshot, LogIndex commit, LogRecovery removed)
        : this(catalog, snapshot, commit)
    {
        Notes.Add(
            $"{catalog.Storage.Location}: the log up to record {removed.Last.Index} does not hold record "
            + $"{snapshot.Index} of the snapshot; it was removed and begins anew behind it.");
        if (Mutants.SnapshotKeepsConfiguration)
            _configurations.AddRange(removed._configurations);
    }

    /// <summary>The record before the first one; index 0 where the log begins at the beginning.</summary>
    public RecordHeader Base { get; private set; } = startAfter;

    /// <summary>Last record; <see cref="Base"/> when there is none.</summary>
    public RecordHeader Last { get; private set; } = startAfter;

    /// <summary>Sentences for the node's log.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What was found, for the core.</summary>
    public EntryRange Entries =>
        new(Base.Index.Next, Last.Index.Next, _terms, _configurations);

    /// <summary>Reads all segments into the catalog.</summary>
    public void Run()
    {
        List<Segment> segments = ReadHeaders();
        // A killed process may have renamed files without making that durable: before anything is removed or read.
        _storage.SyncDirectory();
        RemoveSuperseded(segments);
        // What stood before was cut off, whole segments at a time, or was never here.
        if (segments.Count > 0)
            Base = Last = segments[0].Header.Previous;
        for (int i = 0; i < segments.Count; i++)
        {
            bool isLast = i == segments.Count - 1;
            CheckStart(segments[i]);
            catalog.Add(segments[i]);
            Scan(segments[i], isLast ? ulong.MaxValue : segments[i + 1].Header.First, isLast);
            if (Mutants.RecoverOnlyCommitted && Last.Index >= commit)
                break;
        }
    }

    /// <summary>Stops where the hard state is older than the log.</summary>
    public void CheckTerm(Term term)
    {
        if (Entries.Count > 0 && Last.Term > term)
            throw LogDamage.File(
                _storage, HardStateFile.Name,
                $"its term {term} is older than term {Last.Term} of the log's end, so a vote may have been forgotten");
    }

    private List<Segment> ReadHeaders()
    {
        var segments = new List<Segment>();
        byte[] block = new byte[SegmentHeader.BlockBytes];
        foreach (string name in _storage.List())
        {
            if (!SegmentHeader.TryParseName(name, out ulong sequence))
                continue;
            using IStorageFile file = _storage.Open(name, writable: false);
            string? error = SegmentHeader.Decode(
                block.AsSpan(0, file.Read(0, block)), out SegmentHeader header, out uint crc);
            if (error is null && header.Sequence != sequence)
                error = $"it is segment {header.Sequence} under another one's name";
            if (error is null && header.ClusterId != catalog.ClusterId)
                error = $"it belongs to cluster {header.ClusterId}, this node to {catalog.ClusterId}";
            if (error is not null)
                throw LogDamage.File(_storage, name, error);
            segments.Add(new Segment(header, crc, file.Length));
        }
        segments.Sort((a, b) => a.Header.Sequence.CompareTo(b.Header.Sequence));
        return segments;
    }

    private void RemoveSuperseded(List<Segment> segments)
    {
        ulong first = ulong.MaxValue;
        for (int i = segments.Count - 1; i >= 0; i--)
        {
            SegmentHeader header = segments[i].Header;
            catalog.NextSequence = Math.Max(catalog.NextSequence, header.Sequence + 1);
            if (header.First >= first)
            {
                _storage.Delete(header.Name);
                segments.RemoveAt(i);
                continue;
            }
            first = header.First;
        }
    }

    private void CheckStart(Segment segment)
    {
        SegmentHeader header = segment.Header;
        RecordHeader before = header.Previous;
        if (header.First != Last.Index.Value + 1)
            throw LogDamage.File(
                _storage, header.Name, $"it begins with record {header.First}, record {Last.Index.Next} is missing");
        if (before.Chain != Last.Chain || before.Term != Last.Term || before.TimeMicros != Last.TimeMicros)
            throw LogDamage.File(_storage, header.Name, $"it does not continue record {Last.Index} as it stands here");
    }

    private void Scan(Segment segment, ulong limit, bool isLast)
    {
        using IStorageFile file = _storage.Open(segment.Header.Name, writable: isLast);
        if (isLast)
            file.Sync(); // what a killed process wrote may still be only in the page cache
        _cursor.Begin(file, SegmentHeader.BlockBytes, file.Length);
        string? error = null;
        while (Last.Index.Value + 1 < limit)
        {
            if (Mutants.RecoverOnlyCommitted && Last.Index >= commit)
                break;
            error = ReadNext(segment);
            if (error is not null)
                break;
        }
        segment.End = _cursor.Position;
        segment.Until = Last.Index.Value + 1;
        if (error is not null)
            JudgeEnd(segment, file, isLast, error);
    }

    /// <summary>Reads a mark or a record. The answer is null, or why there is none; empty where zeros begin.</summary>
    private string? ReadNext(Segment segment)
    {
        LogIndex expected = Last.Index.Next;
        ReadOnlySpan<byte> bytes = _cursor.Peek(RecordHeader.SizeBytes);
        if (bytes.Length < sizeof(uint) || RecordCodec.Length(bytes) == 0)
            return bytes.IndexOfAnyExcept((byte)0) < 0 ? "" : "zeros stand where a record began";
        if (RecordCodec.Length(bytes) == BatchMark.Magic)
        {
            long position = _cursor.Position;
            if (!BatchMark.TryDecode(bytes, segment.Salt, segment.Header.Sequence, position, out ulong first)
                || first != expected.Value)
                return "the mark of a batch is damaged";
            segment.AddPoint(expected.Value, position);
            _cursor.Advance(BatchMark.SizeBytes);
            return null;
        }
        long left = segment.Capacity - _cursor.Position;
        if (RecordCodec.Length(bytes) is >= RecordHeader.SizeBytes and uint length && length <= left)
            bytes = _cursor.Peek((int)length);
        if (RecordCheck.Shape(bytes, expected) is string shape)
            return shape;
        ReadOnlySpan<byte> record = bytes[..(int)RecordCodec.Length(bytes)];
        if (!RecordCodec.CrcMatches(record))
            return "its checksum does not match";
        Accept(segment, record);
        return null;
    }

    private void Accept(Segment segment, ReadOnlySpan<byte> record)
    {
        // The checksum is right: whatever is wrong from here on is not a torn write.
        RecordHeader header = RecordCodec.Header(record);
        string? error = RecordCheck.Kind(record) ?? RecordCheck.Continues(record, Last);
        if (error is not null)
            throw LogDamage.Record(_storage, segment.Header.Name, _cursor.Position, header.Index, error);
        if (header.Term != Last.Term || _terms.Count == 0)
            _terms.Add(new TermRun(header.Index, header.Term));
        if (header.Kind == RecordKind.Configuration)
        {
            if (!ConfigurationCodec.TryDecode(
                record[RecordHeader.SizeBytes..], out Configuration? configuration, out string why))
                throw LogDamage.Record(_storage, segment.Header.Name, _cursor.Position, header.Index, why);
            _configurations.Add(new ConfigurationEntry(header.Index, configuration));
        }
        segment.AddPoint(header.Index.Value, _cursor.Position);
        _cursor.Advance(record.Length);
        Last = header;
    }

    private void JudgeEnd(Segment segment, IStorageFile file, bool isLast, string error)
    {
        string name = segment.Header.Name;
        LogIndex expected = Last.Index.Next;
        string what = error.Length > 0 ? error : "nothing stands there";
        if (!isLast)
            throw LogDamage.Record(
                _storage, name, segment.End, expected, $"{what}, but a later segment continues behind it");
        _cursor.Begin(file, segment.End, file.Length);
        if (BatchMark.Find(_cursor, segment.Salt, segment.Header.Sequence, expected.Value, out ulong first))
            throw LogDamage.Record(
                _storage, name, segment.End, expected,
                $"{what}, but records from {first} on stand behind it at offset {_cursor.Position}");
        if (error.Length > 0)
            Notes.Add(
                $"{Path.Combine(_storage.Location, name)}, offset {segment.End}: the last write was torn ({what}); "
                + $"the log goes on behind record {Last.Index}, nothing that was acknowledged is lost.");
    }
}
