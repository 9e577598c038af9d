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
    private readonly SegmentWriter _writer;
    private readonly HardStateFile _hardState;
    private readonly BatchPlanner _planner;
    private readonly DiskBatch _batch;
    private readonly MemoryTail _tail;
    private readonly ColdReader _cold;
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
        _last = _durable = recovery.Last;
        _preparer = new SegmentPreparer(catalog.Storage, executor, options);
        _writer = new SegmentWriter(catalog.Storage);
        _planner = new BatchPlanner(catalog, _preparer);
        _planner.ContinueBehind(catalog.Segments.Count > 0 ? catalog.Segments[^1] : null, recovery.Last);
        _batch = new DiskBatch(_writer, hardState);
        _tail = new MemoryTail(options, recovery.Last.Index.Next);
        _cold = new ColdReader(catalog, options.ChunkBytes);
        _extents = new LogExtentBuilder(catalog);
        Recovered = new RecoveredState(hardState.Recovered, recovery.Entries);
        RecoveryNotes = recovery.Notes;
    }

    /// <summary>Recovers a log from a directory, or starts one in an empty directory.</summary>
    /// <exception cref="LogCorruptionException">
    /// A record that was acknowledged is damaged; names file, offset, remedy.
    /// </exception>
    public static RecordLog Open(IStorage storage, IDiskExecutor executor, LogOptions options, Guid clusterId)
    {
        options.Validate();
        HardStateFile hardState = HardStateFile.Open(storage, out string? note);
        var catalog = new SegmentCatalog(storage, clusterId);
        try
        {
            var recovery = new LogRecovery(catalog, hardState.Recovered.Commit);
            recovery.Run();
            if (note is not null)
                recovery.Notes.Add(note);
            if (recovery.Last.Term > hardState.Recovered.Term)
                throw LogDamage.File(
                    storage, HardStateFile.Name,
                    $"its term {hardState.Recovered.Term} is older than term {recovery.Last.Term} of the log's end, "
                    + "so a vote may have been forgotten");
            var log = new RecordLog(catalog, executor, options, hardState, recovery);
            log._preparer.Adopt();
            log._preparer.Work(urgent: false);
            return log;
        }
        catch
        {
            hardState.Dispose();
            catalog.Dispose();
            throw;
        }
    }

    /// <summary>What the disk held, for the core.</summary>
    public RecoveredState Recovered { get; }

    /// <summary>Sentences about what recovery found, such as a torn last write, for the node's log of events.</summary>
    public IReadOnlyList<string> RecoveryNotes { get; }

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
    public bool IsBusy => _underWay;

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

    /// <summary>
    /// To be called now and then: where the disk was full, looks once a second whether there is room again.
    /// </summary>
    /// <param name="nowMicros">Any clock that does not fall.</param>
    public void MaintainRoom(long nowMicros)
    {
        if (_failed)
            return;
        _preparer.Retry(nowMicros);
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
        Check.That(from > LogIndex.Zero, "nothing stands before index 1");
        if (from > _last.Index)
            return;
        RecordHeader kept = from.Value == 1 ? default : HeaderAt(from.Previous);
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

    /// <summary>
    /// Hands everything queued to the disk as one batch, unless a batch is still under way (group commit).
    /// </summary>
    public void Flush()
    {
        if (_underWay || _failed || _queue.Count == 0)
            return;
        _batch.Clear();
        _planner.Plan(_queue, _batch, _tail);
        // A plan without an operation still counts: a truncation alone is final on disk with the next append.
        if (_batch.Operations.Count == 0 && _planner.IsBlocked)
        {
            _preparer.Work(urgent: true);
            return;
        }
        _underWay = true;
        _executor.Post(_batch);
        _preparer.Work(_planner.IsBlocked);
    }

    /// <summary>
    /// Takes the next finished batch. After the last one of a busy disk, call <see cref="Flush"/> again.
    /// </summary>
    public bool TryTakeCompletion(out LogCompletion completion)
    {
        completion = default;
        if (_failed)
            return false;
        Pump();
        Exception? error = _preparer.Error;
        if (_underWay && _batch.IsFinished)
        {
            error ??= _batch.Error;
            _underWay = false;
            foreach (DiskOperation operation in _batch.Operations)
            {
                if (operation.Chunk is not null)
                    _tail.Release(operation.Chunk);
            }
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
        if (from.Value >= _tail.First)
        {
            TailChunk chunk = _tail.Find(from.Value);
            int position = (int)(from.Value - chunk.First);
            int end = (int)(Math.Min(until.Value, chunk.Until) - chunk.First);
            int count = chunk.Fit(position, end, bytesMax);
            bytes = chunk.StartOf(position + count) - chunk.StartOf(position);
            return from + (ulong)count;
        }
        ColdBlock block = _cold.Get(from.Value, _tail.First);
        ulong reached = block.Fit(from.Value, Math.Min(until.Value, block.Until), bytesMax);
        bytes = block.StartOf(reached) - block.StartOf(from.Value);
        return new LogIndex(reached);
    }

    /// <inheritdoc/>
    public bool IsAtHand(LogIndex from) => from.Value >= _tail.First;

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
        if (from.Value >= _tail.First)
        {
            TailChunk chunk = _tail.Find(from.Value);
            readUntil = LogIndex.Min(until, new LogIndex(chunk.Until));
            int start = chunk.StartOf((int)(from.Value - chunk.First));
            return chunk.Bytes.AsSpan(start..chunk.StartOf((int)(readUntil.Value - chunk.First)));
        }
        ColdBlock block = _cold.Get(from.Value, until.Value, _tail.First);
        readUntil = LogIndex.Min(until, new LogIndex(block.Until));
        return block.Slice(from.Value, readUntil.Value);
    }

    /// <summary>Header of a record of the log.</summary>
    public RecordHeader HeaderAt(LogIndex index) =>
        index == _last.Index ? _last : RecordCodec.Header(Read(index, index.Next, out _));

    /// <summary>
    /// What other threads may read: what is committed and durable. The same object as before when nothing has changed.
    /// </summary>
    /// <param name="commit">Last index that is committed.</param>
    public LogExtent ExtentUpTo(LogIndex commit) => _extents.Get(LogIndex.Min(commit, _durable.Index), this);

    /// <summary>
    /// Bytes of the records <c>[from, until)</c>, as far as there are any: exact where memory holds them, otherwise to
    /// about 64 KiB. Never reads the disk.
    /// </summary>
    public long BytesBetween(LogIndex from, LogIndex until)
    {
        ulong start = Math.Max(1, from.Value), end = Math.Min(until.Value, _tail.Next), memory = _tail.First;
        return start >= end
            ? 0
            : _catalog.BytesBetween(start, Math.Min(end, memory)) + _tail.BytesBetween(Math.Max(start, memory), end);
    }

    /// <summary>
    /// Time of a record, or of the last one for an index behind it: exact where memory holds it, otherwise of the last
    /// record before its segment. 0 where nothing is known. Never reads the disk.
    /// </summary>
    public long TimeAt(LogIndex index)
    {
        if (index >= _last.Index)
            return _last.TimeMicros;
        if (index.Value >= _tail.First)
            return HeaderAt(index).TimeMicros;
        return _catalog.Segments.Count > 0 ? _catalog.Find(index.Value + 1).Header.PreviousTimeMicros : 0;
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
        if (_preparer.Work(_planner.IsBlocked) && _planner.IsBlocked)
            Flush();
    }

    private void CheckRange(LogIndex from, LogIndex until) => Check.That(
        from > LogIndex.Zero && until > from && until <= _last.Index.Next, "entries are asked for that do not exist");
}
