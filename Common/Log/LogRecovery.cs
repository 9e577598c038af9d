using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Reads everything that a directory holds. A segment supersedes older ones from its first index on; what remains
/// must be complete from the first segment, wherever it begins, up to the last one, whose end may be torn. What is not
/// is a hole, and reading goes on behind it.
/// </summary>
/// <param name="catalog">Gets the segments.</param>
/// <param name="opening">What is expected of the log.</param>
/// <param name="commit">What stands behind this index may not be shown to others as it is.</param>
internal sealed class LogRecovery(SegmentCatalog catalog, LogOpening opening, LogIndex commit)
{
    private readonly FileCursor _cursor = new(1 << 20);
    private readonly List<TermRun> _terms = [];
    private readonly List<ConfigurationEntry> _configurations = [];
    private readonly List<LogHole> _holes = [];
    private readonly IStorage _storage = catalog.Storage;
    private RecordHeader _shown = opening.StartAfter;
    private bool _isChainKnown = true;
    private bool _isCut;
    private bool _mayBeStale;

    /// <summary>What is known when a log was removed for a snapshot: it begins behind that, empty.</summary>
    public LogRecovery(SegmentCatalog catalog, in RecordHeader snapshot, LogIndex commit, LogRecovery removed)
        : this(catalog, new LogOpening { ClusterId = catalog.ClusterId, StartAfter = snapshot }, commit)
    {
        Notes.AddRange(removed.Notes);
        Notes.Add(
            $"{catalog.Storage.Location}: the log up to record {removed.Last.Index} does not hold record "
            + $"{snapshot.Index} of the snapshot; it was removed and begins anew behind it.");
        if (Mutants.SnapshotKeepsConfiguration)
            _configurations.AddRange(removed._configurations);
    }

    /// <summary>The record before the first one; index 0 where the log begins at the beginning.</summary>
    public RecordHeader Base { get; private set; } = opening.StartAfter;

    /// <summary>Last record; <see cref="Base"/> when there is none.</summary>
    public RecordHeader Last { get; private set; } = opening.StartAfter;

    /// <summary>Sentences for the node's log.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What was found, for the core.</summary>
    public EntryRange Entries =>
        new(Base.Index.Next, Last.Index.Next, _terms, _configurations);

    /// <summary>What must be repaired first; null when the log is whole.</summary>
    public DamagedLog? Damaged { get; private set; }

    /// <summary>Reads all segments into the catalog.</summary>
    public void Run(IReadOnlyList<Segment> segments)
    {
        // What stood before was cut off, whole segments at a time, or was never here.
        if (segments.Count > 0)
            Base = Last = _shown = segments[0].Header.Previous;
        LogIndex needed = opening.Snapshot?.Index.Next ?? opening.CompleteFrom;
        if (segments.Count > 0 && needed > LogIndex.Zero && Base.Index >= needed)
            AddHole(MissingBefore(segments[0].Header, needed));
        for (int i = 0; i < segments.Count && !_isCut; i++)
        {
            if (i > 0)
                CheckStart(segments[i], segments[i - 1]);
            catalog.Add(segments[i]);
            Scan(segments[i], i + 1 < segments.Count ? segments[i + 1] : null);
            if (Mutants.RecoverOnlyCommitted && Last.Index >= commit)
                break;
        }
        if (_holes.Count > 0)
        {
            Configuration newest = _configurations.Count > 0 ? _configurations[^1].Configuration : Configuration.Empty;
            Damaged = new DamagedLog(_storage, _holes, newest, Last.Index, Intact());
        }
    }

    /// <summary>Stops where the hard state is older than the log.</summary>
    public void CheckTerm(Term term)
    {
        if (Entries.Count > 0 && Last.Term > term)
            throw LogDamage.HardState(
                _storage,
                $"its term {term} is older than term {Last.Term} of the log's end, so a vote may have been forgotten");
    }

    private LogExtent Intact()
    {
        // A file that is missing may have superseded what is left.
        RecordHeader shown = _mayBeStale || _shown.Index < Base.Index ? Base : _shown;
        ulong limit = shown.Index.Value;
        return new LogExtent(
            catalog.ClusterId, Base.Index.Next, shown,
            [
                .. catalog.Segments.Where(segment => segment.Header.First <= limit)
                    .Select(segment => new SegmentPlace(segment.Header.Sequence, segment.Header.First)),
            ]);
    }

    private LogHole MissingBefore(in SegmentHeader first, LogIndex needed)
    {
        RecordHeader before = opening.Snapshot ?? default;
        var missing = new SegmentHeader(
            catalog.ClusterId, first.Sequence - 1, needed.Value, before.Chain, before.Term.Value, before.TimeMicros);
        return new LogHole
        {
            From = needed,
            Until = new LogIndex(first.First),
            IsBeginning = true,
            Before = missing.Previous,
            Segment = missing,
            ResumesAt = 0,
            LastMissing = first.Previous,
            Damage = LogDamage.Missing(
                _storage, first.Name,
                $"it begins with record {first.First}, and records from {needed} on are missing"),
        };
    }

    private void CheckStart(Segment segment, Segment before)
    {
        SegmentHeader header = segment.Header;
        RecordHeader previous = header.Previous;
        if (previous.Index == Last.Index && previous.Chain == Last.Chain && previous.Term == Last.Term
            && previous.TimeMicros == Last.TimeMicros)
            return;
        // Which of the two is not what the other one knew cannot be told from here: all of the older one may be stale.
        _mayBeStale = true;
        RecordHeader start = before.Header.Previous;
        AddHole(new LogHole
        {
            From = start.Index.Next,
            Until = new LogIndex(header.First),
            Before = start,
            Segment = before.Header,
            ResumesAt = 0,
            LastMissing = previous,
            Damage = LogDamage.Missing(
                _storage, header.Name, $"it does not continue record {Last.Index} as it stands here"),
        });
        Last = previous;
        _isChainKnown = true;
    }

    private void AddHole(LogHole hole)
    {
        // Two that meet in one segment are one.
        while (_holes.Count > 0 && _holes[^1] is { } last && last.Segment == hole.Segment && last.Until >= hole.From)
        {
            LogHole first = last.From <= hole.From ? last : hole;
            hole = hole with { From = first.From, Before = first.Before, Damage = last.Damage };
            _holes.RemoveAt(_holes.Count - 1);
        }
        _holes.Add(hole);
        if (_shown.Index > hole.Before.Index)
            _shown = hole.Before;
    }

    private void Scan(Segment segment, Segment? next)
    {
        ulong limit = next?.Header.First ?? ulong.MaxValue;
        string name = segment.Header.Name;
        using IStorageFile file = next is null ? _storage.Open(name, writable: true) : _storage.OpenCold(name);
        if (next is null)
            file.Sync(); // what a killed process wrote may not be durable yet
        _cursor.Begin(file, SegmentHeader.BlockBytes, file.Length);
        segment.End = 0;
        while (Last.Index.Value + 1 < limit && !(Mutants.RecoverOnlyCommitted && Last.Index >= commit))
        {
            string? error = ReadNext(segment);
            if (error is not null && !TryPass(segment, file, next, error))
                break;
        }
        if (segment.End == 0)
            segment.End = _cursor.Position;
        segment.Until = Last.Index.Value + 1;
    }

    /// <summary>Goes behind what cannot be read. False where the segment ends.</summary>
    private bool TryPass(Segment segment, IStorageFile file, Segment? next, string error)
    {
        string name = segment.Header.Name;
        string what = error.Length > 0 ? error : "nothing stands there";
        LogIndex expected = Last.Index.Next;
        long position = _cursor.Position;
        segment.End = position;
        if (Mutants.DamageTakenForTorn)
        {
            _isCut = true;
            return false;
        }
        ulong limit = next?.Header.First ?? ulong.MaxValue;
        _cursor.Begin(file, position, file.Length);
        bool resumes = BatchMark.Find(_cursor, segment.Salt, segment.Header.Sequence, expected.Value, out ulong first)
            && first < limit;
        if (!resumes && next is null)
        {
            if (error.Length > 0)
                Notes.Add(
                    $"{Path.Combine(_storage.Location, name)}, offset {position}: the last write was torn ({what}); "
                    + $"the log goes on behind record {Last.Index}, nothing that was acknowledged is lost.");
            return false;
        }
        _mayBeStale |= !resumes && next!.Header.Sequence != segment.Header.Sequence + 1;
        string behind = resumes
            ? $"records from {first} on stand behind it at offset {_cursor.Position}"
            : "a later segment continues behind it";
        AddHole(new LogHole
        {
            From = expected,
            Until = new LogIndex(resumes ? first : limit),
            Before = Last,
            Segment = segment.Header,
            ResumesAt = resumes ? _cursor.Position : 0,
            LastMissing = resumes ? null : next!.Header.Previous,
            Damage = error.Length == 0 && !resumes
                ? LogDamage.Missing(
                    _storage, next!.Header.Name,
                    $"it begins with record {limit}, and records from {expected} on are missing")
                : LogDamage.Record(_storage, name, position, expected, $"{what}, but {behind}"),
        });
        Last = resumes
            ? new RecordHeader(0, new LogIndex(first - 1), Last.Term, 0, Last.TimeMicros, RecordKind.NoOp)
            : next!.Header.Previous;
        _isChainKnown = !resumes;
        if (resumes)
            segment.End = 0;
        return resumes;
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
        return RecordCodec.CrcMatches(record) ? Accept(segment, record) : "its checksum does not match";
    }

    private Exception Unreadable(Segment segment, LogIndex index, ReadOnlySpan<byte> payload, string why) =>
        ConfigurationCodec.IsNewer(payload)
            ? NewerVersion.Record(_storage, segment.Header.Name, _cursor.Position, index, why)
            : LogDamage.Record(_storage, segment.Header.Name, _cursor.Position, index, why);

    private string? Accept(Segment segment, ReadOnlySpan<byte> record)
    {
        RecordHeader header = RecordCodec.Header(record);
        if (RecordCheck.Kind(record) is string kind)
            throw NewerVersion.Record(_storage, segment.Header.Name, _cursor.Position, header.Index, kind);
        if (_isChainKnown && RecordCheck.Continues(record, Last) is string error)
            return error;
        if (header.Term != Last.Term || _terms.Count == 0)
            _terms.Add(new TermRun(header.Index, header.Term));
        if (header.Kind == RecordKind.Configuration)
        {
            ReadOnlySpan<byte> payload = record[RecordHeader.SizeBytes..];
            if (!ConfigurationCodec.TryDecode(payload, out Configuration? configuration, out string why))
                throw Unreadable(segment, header.Index, payload, why);
            _configurations.Add(new ConfigurationEntry(header.Index, configuration));
        }
        segment.AddPoint(header.Index.Value, _cursor.Position);
        _cursor.Advance(record.Length);
        Last = header;
        _isChainKnown = true;
        if (_holes.Count == 0 && header.Index <= commit)
            _shown = header;
        return null;
    }
}
