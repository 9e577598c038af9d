using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// The replicated log of one node: in memory at its end, in segment files on disk; hard state beside it. Owned by the
/// loop's thread; disk work goes to the executor in the order in which it is asked for here.
/// </summary>
public sealed class RecordLog : ILogSizes, IDisposable
{
    private readonly LogOptions _options;
    private readonly IDiskExecutor _executor;
    private readonly SegmentCatalog _catalog;
    private readonly SegmentPreparer _preparer;
    private readonly SegmentRemover _remover;
    private readonly SegmentWriter _writer;
    private readonly HardStateFile _hardState;
    private readonly BatchPlanner _planner;
    private readonly DiskBatch _batch;
    private readonly MemoryTail _tail;
    private readonly ColdReader _cold;
    private readonly LogContents _contents;
    private readonly LogExtentBuilder _extents;
    private readonly PendingQueue _queue = new();
    private RecordHeader _last;
    private RecordHeader _durable;
    private long _hardStatesQueued;
    private long _hardStatesDurable;
    private RecordHeader? _cut;
    private bool _underWay;
    private bool _failed;

    private RecordLog(
        SegmentCatalog catalog, IDiskExecutor executor, LogOptions options, HardStateFile hardState,
        LogRecovery recovery)
    {
        _catalog = catalog;
        _executor = executor;
        _options = options;
        _hardState = hardState;
        Base = recovery.Base;
        _last = _durable = recovery.Last;
        _preparer = new SegmentPreparer(catalog.Storage, executor, options);
        _remover = new SegmentRemover(catalog.Storage, executor, options);
        _writer = new SegmentWriter(catalog.Storage);
        _planner = new BatchPlanner(catalog, _preparer);
        _planner.ContinueBehind(catalog.Segments.Count > 0 ? catalog.Segments[^1] : null, recovery.Last);
        _batch = new DiskBatch(_writer, hardState);
        _tail = new MemoryTail(options, recovery.Last.Index.Next);
        _cold = new ColdReader(catalog, options.ChunkBytes);
        _contents = new LogContents(_tail, _cold, catalog);
        _extents = new LogExtentBuilder(catalog);
        Recovered = new RecoveredState(hardState.Recovered, recovery.Entries, Before: recovery.Base.Term);
        RecoveryNotes = recovery.Notes;
    }

    /// <summary>Opens a log that may begin anywhere and is not repaired.</summary>
    /// <exception cref="LogCorruptionException">A record that was acknowledged is damaged.</exception>
    public static RecordLog Open(
        IStorage storage, IDiskExecutor executor, LogOptions options, Guid clusterId,
        RecordHeader startAfter = default, RecordHeader? snapshot = null) => TryOpen(
            storage, executor, options,
            new LogOpening { ClusterId = clusterId, StartAfter = startAfter, Snapshot = snapshot },
            out DamagedLog? damaged) ?? throw damaged!.Holes[0].Damage;

    /// <summary>Recovers a log from a directory, or starts one in an empty directory.</summary>
    /// <param name="storage">The directory.</param>
    /// <param name="executor">Runs the disk work; stopped before the log is disposed.</param>
    /// <param name="options">Settings.</param>
    /// <param name="opening">What is expected of it.</param>
    /// <param name="damaged">What is to be repaired before it can be opened, where the answer is null.</param>
    /// <exception cref="LogCorruptionException">It is damaged, and no other node can help.</exception>
    public static RecordLog? TryOpen(
        IStorage storage, IDiskExecutor executor, LogOptions options, LogOpening opening, out DamagedLog? damaged)
    {
        options.Validate();
        HardStateFile hardState = LogStart.OpenHardState(storage, opening, out string? note);
        var catalog = new SegmentCatalog(storage, opening.ClusterId);
        RecordLog? log = null;
        try
        {
            LogRecovery recovery = LogStart.Recover(catalog, opening, hardState);
            if ((damaged = recovery.Damaged) is not null)
                return null;
            if (note is not null)
                recovery.Notes.Add(note);
            log = new RecordLog(catalog, executor, options, hardState, recovery);
            log._preparer.Adopt();
            log._preparer.Work(urgent: false);
            return log;
        }
        finally
        {
            if (log is null)
            {
                hardState.Dispose();
                catalog.Dispose();
            }
        }
    }

    /// <summary>What the disk held, for the core.</summary>
    public RecoveredState Recovered { get; }

    /// <summary>Sentences about what recovery found, such as a torn last write, for the node's log of events.</summary>
    public IReadOnlyList<string> RecoveryNotes { get; }

    /// <summary>First index that is kept; one behind the last while the log is empty.</summary>
    public LogIndex FirstIndex => Base.Index.Next;

    /// <summary>
    /// The record before the first one: of it only index, term, chain and time are known. Index 0 and nothing else
    /// where the log begins at the beginning.
    /// </summary>
    public RecordHeader Base { get; private set; }

    /// <summary>Last index, durable or not.</summary>
    public LogIndex LastIndex => _last.Index;

    /// <summary>Chain value of the last record; 0 before the first.</summary>
    public ulong LastChain => _last.Chain;

    /// <summary>Time of the last record; 0 before the first.</summary>
    public long LastTimeMicros => _last.TimeMicros;

    /// <summary>Last index that is durable.</summary>
    public LogIndex DurableIndex => _durable.Index;

    /// <summary>Bytes of records that are not durable yet.</summary>
    public long PendingBytes => _queue.Bytes + (_underWay ? _batch.Bytes : 0);

    /// <summary>Whether the disk has work of ours.</summary>
    public bool IsBusy => _underWay || _remover.IsBusy;

    /// <summary>Whether entries can be appended now; false while the disk is full or too much waits for it.</summary>
    public bool HasRoom(long bytes)
    {
        if (_failed || PendingBytes + bytes > _options.PendingBytesMax)
            return false;
        // What is left belongs to what has no choice: entries from a leader, no-ops, configurations.
        return !_preparer.IsFull || _queue.Bytes + bytes + _options.ReservedBytes <= _planner.RoomBytes;
    }

    /// <summary>Whether the device has no room for another segment.</summary>
    public bool IsDiskFull => _preparer.IsFull;

    /// <summary>Size of a segment, reserved before it is written to.</summary>
    public long SegmentBytes => _options.SegmentSizeBytes;

    /// <summary>To be called now and then: where the disk was full, looks once a second for room.</summary>
    /// <param name="nowMicros">Any clock that does not fall.</param>
    public void MaintainRoom(long nowMicros)
    {
        if (_failed)
            return;
        _preparer.Retry(nowMicros);
        _remover.Work(nowMicros, IsDiskFull);
        Pump();
    }

    /// <summary>Queues a hard state; durable before anything queued later.</summary>
    /// <returns>How many hard states have been queued since the start, this one included.</returns>
    public long SaveHardState(HardState state)
    {
        _queue.AddHardState(state);
        return ++_hardStatesQueued;
    }

    /// <summary>Drops entries from an index on, in memory at once, on disk in order.</summary>
    public void Truncate(LogIndex from)
    {
        Check.That(from >= FirstIndex, "nothing is kept before the first index");
        if (from > _last.Index)
            return;
        RecordHeader kept = HeaderAt(from.Previous);
        _tail.Truncate(from.Value);
        _cold.Clear();
        _last = kept;
        // What is under way may be of entries just dropped: its completion must not speak for others that will stand
        // at the same place.
        if (_durable.Index >= from)
            _durable = kept;
        if (_underWay && (_cut is not { } cut || cut.Index > kept.Index))
            _cut = kept;
        _queue.AddTruncate(kept);
    }

    /// <summary>Encodes and appends one entry of the leader.</summary>
    /// <param name="term">Its term.</param>
    /// <param name="kind">What the payload is.</param>
    /// <param name="timeMicros">Leader's clock; raised to the previous record's time where it is behind.</param>
    /// <param name="payload">Copied.</param>
    public LogIndex Append(Term term, RecordKind kind, long timeMicros, ReadOnlySpan<byte> payload)
    {
        Check.That(payload.Length <= _options.PayloadBytesMax, "a payload is larger than the log takes");
        Check.That(term >= _last.Term, "terms never fall along the log");
        int length = RecordHeader.SizeBytes + payload.Length;
        long time = Math.Max(timeMicros, _last.TimeMicros);
        LogIndex index = _last.Index.Next;
        TailChunk chunk = _tail.Allocate(length);
        int start = chunk.Used;
        ulong chain = RecordCodec.Encode(
            chunk.Bytes.AsSpan(start, length), index, term, _last.Chain, time, kind, payload);
        Added(chunk, start, new RecordHeader(payload.Length, index, term, chain, time, kind));
        return index;
    }

    /// <summary>Appends records received from a leader, already verified by <see cref="RecordReader"/>.</summary>
    /// <param name="records">
    /// Whole records; the first has index <see cref="LastIndex"/> + 1 and continues its chain. Copied.
    /// </param>
    /// <exception cref="LogCorruptionException">
    /// The chain does not continue: the logs differ where Raft says they match.
    /// </exception>
    public void AppendRecords(ReadOnlySpan<byte> records)
    {
        bool isFirst = true;
        while (records.Length > 0)
        {
            string? error = RecordCheck.Shape(records, _last.Index.Next);
            Check.That(error is null, "records are appended that were not verified or do not follow");
            ReadOnlySpan<byte> record = records[..(int)RecordCodec.Length(records)];
            if (isFirst && RecordCheck.Continues(record, _last) is string wrong)
                throw new LogCorruptionException(
                    $"Record {_last.Index.Next} from the leader does not fit the log in {_catalog.Storage.Location}: "
                    + $"{wrong}. The two logs differ where they must be equal, so one of them is damaged. Stop this "
                    + "node, keep its data directory for study, and join again with an empty one.");
            isFirst = false;
            TailChunk chunk = _tail.Allocate(record.Length);
            int start = chunk.Used;
            record.CopyTo(chunk.Bytes.AsSpan(start));
            Added(chunk, start, RecordCodec.Header(record));
            records = records[record.Length..];
        }
    }

    /// <summary>Hands everything queued to the disk as one batch, unless one is under way (group commit).</summary>
    public void Flush()
    {
        if (_underWay || _failed || _queue.Count == 0)
            return;
        _batch.Clear();
        _planner.Plan(_queue, _batch, _tail);
        // A plan without an operation still counts: a truncation alone is final on disk with the next append.
        if (_batch.Operations.Count == 0 && _planner.IsBlocked)
        {
            if (_preparer.Work(urgent: true))
                Flush(); // that the file has become ready is said once
            return;
        }
        _underWay = true;
        _executor.Post(_batch);
        _preparer.Work(_planner.IsBlocked);
    }

    /// <summary>Takes the next finished batch. After the last one of a busy disk, call <see cref="Flush"/>.</summary>
    public bool TryTakeCompletion(out LogCompletion completion)
    {
        completion = default;
        if (_failed)
            return false;
        Pump();
        Exception? error = _preparer.Error ?? _remover.Error;
        if (_underWay && _batch.IsFinished)
        {
            error ??= _batch.Error;
            _underWay = false;
            _batch.ReleaseMemory(_tail);
            if (error is null)
            {
                _durable = _cut is { } cut && cut.Index < _batch.Last.Index ? cut : _batch.Last;
                _hardStatesDurable = _batch.HardStates;
            }
            _cut = null;
        }
        else if (error is null)
        {
            return false;
        }
        _failed = error is not null;
        completion = new LogCompletion(_durable.Index, _durable.Term, _hardStatesDurable, error);
        return true;
    }

    /// <inheritdoc/>
    public LogIndex Fit(LogIndex from, LogIndex until, long bytesMax, out long bytes)
    {
        CheckRange(from, until);
        return _contents.Fit(from, until, bytesMax, out bytes);
    }

    /// <inheritdoc/>
    public bool IsAtHand(LogIndex from) => from.Value >= _tail.First && from >= FirstIndex;

    /// <summary>
    /// Reads records, from memory or else from the disk. A range that <see cref="Fit"/> answered comes whole; a longer
    /// one may end earlier, after at least one record.
    /// </summary>
    /// <param name="from">First index.</param>
    /// <param name="until">Index behind the last one wanted.</param>
    /// <param name="readUntil">Index behind the last one returned.</param>
    /// <returns>Whole records, contiguous; valid until the next call of any method.</returns>
    public ReadOnlySpan<byte> Read(LogIndex from, LogIndex until, out LogIndex readUntil)
    {
        CheckRange(from, until);
        return _contents.Read(from, until, out readUntil);
    }

    /// <summary>Header of a record of the log, or <see cref="Base"/> for the index before the first.</summary>
    public RecordHeader HeaderAt(LogIndex index)
    {
        if (index == _last.Index)
            return _last;
        return index == Base.Index ? Base : RecordCodec.Header(Read(index, index.Next, out _));
    }

    /// <summary>
    /// Keeps nothing that lies in whole segments before an index: they are taken out at once, and their files removed,
    /// the oldest first, by the disk in its own time. After an end in between the log begins at one of them.
    /// </summary>
    /// <param name="index">At most the one behind <see cref="DurableIndex"/>.</param>
    /// <returns>Whether <see cref="FirstIndex"/> has risen; not beyond <paramref name="index"/>.</returns>
    public bool CutBefore(LogIndex index)
    {
        Check.That(index <= _durable.Index.Next, "only what is durable is cut off");
        // The segment that stays holds a durable record, so its file is there whatever happens.
        IReadOnlyList<string> names = _catalog.CutBefore(Math.Min(index.Value, _durable.Index.Value));
        if (names.Count == 0)
            return false;
        Base = _catalog.Segments[0].Header.Previous;
        _cold.Clear();
        _remover.Remove(names);
        return true;
    }

    /// <summary>
    /// The largest index for <see cref="CutBefore"/> that leaves a number of bytes on the disk, as far as there are so
    /// many; at least <see cref="FirstIndex"/>.
    /// </summary>
    public LogIndex CutToKeep(long bytes) =>
        LogIndex.Max(FirstIndex, LogIndex.Min(new LogIndex(_catalog.FirstOfLast(bytes)), _durable.Index.Next));

    /// <summary>First index of the oldest segment that holds a record of a time or a later one.</summary>
    public LogIndex FirstSince(long timeMicros) => new(_catalog.FirstSince(timeMicros, FirstIndex.Value));

    /// <summary>
    /// What other threads may read: what is committed and durable. The same object as before when nothing has changed.
    /// </summary>
    /// <param name="commit">Last index that is committed.</param>
    public LogExtent ExtentUpTo(LogIndex commit) => _extents.Get(LogIndex.Min(commit, _durable.Index), this);

    /// <summary>
    /// Bytes of the records <c>[from, until)</c>, as far as there are any: exact where memory holds them, otherwise to
    /// about 64 KiB. Never reads the disk.
    /// </summary>
    public long BytesBetween(LogIndex from, LogIndex until) =>
        _contents.BytesBetween(Math.Max(FirstIndex.Value, from.Value), until.Value);

    /// <summary>
    /// Time of a record, or of the last one for an index behind it; where memory does not hold it, of the last record
    /// before its segment. 0 where nothing is known. Never reads the disk.
    /// </summary>
    public long TimeAt(LogIndex index)
    {
        if (index >= _last.Index)
            return _last.TimeMicros;
        if (index <= Base.Index)
            return Base.TimeMicros;
        return index.Value >= _tail.First
            ? HeaderAt(index).TimeMicros
            : _contents.TimeOnDisk(index) ?? Base.TimeMicros;
    }

    /// <summary>Waits for nothing; closes files. Call after the executor has stopped.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _hardState.Dispose();
        _preparer.Dispose();
        _catalog.Dispose();
    }

    private void Added(TailChunk chunk, int start, in RecordHeader header)
    {
        _tail.Added(chunk, header.RecordLength);
        _queue.AddAppend(chunk, start, header.RecordLength);
        _last = header;
    }

    private void Pump()
    {
        _remover.Finish();
        if (_preparer.Work(_planner.IsBlocked) && _planner.IsBlocked)
            Flush();
    }

    private void CheckRange(LogIndex from, LogIndex until) => Check.That(
        from >= FirstIndex && until > from && until <= _last.Index.Next, "entries are asked for that are not kept");
}
