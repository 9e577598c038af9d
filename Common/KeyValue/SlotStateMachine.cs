using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Integers and values in a file of slots. Commands are those of <see cref="KvStateMachine"/>, with keys in decimal;
/// equal contents have equal digests there and here. It blocks on the disk.
/// </summary>
/// <remarks>
/// What is applied stays in memory until a checkpoint takes it over, and a checkpoint is in the file whole or not at
/// all (<see cref="SlotJournal"/>). So a start finds the state of one index, with the sessions of clients as of then,
/// and what is applied from there on meets what it met the first time, whatever a crash did (traps 20 and 21).
/// </remarks>
public sealed class SlotStateMachine : IStateMachine, IImageSource, IDisposable
{
    private const string NoCommand =
        "the bytes are not a KvCommand with a known operation and a key of at least one byte";

    private readonly SlotFile _file;
    private readonly SlotOverlay _slots;
    private readonly SlotStateMachineOptions _options;
    private readonly IDiskExecutor _executor;
    private readonly LogIndex _end;
    private readonly ArrayBufferWriter<byte> _encoded = new();
    private SessionTable _sessions;
    private SlotCheckpoint? _underWay;
    private SlotSnapshot? _snapshot;
    private LogIndex _checkpoint;
    private LogIndex _last;
    private (ulong Slots, ulong Sessions) _whole;
    private long _writtenBytes;
    private long _count;
    private ulong _digest;
    private ulong _newest;
    private bool _isCheckpointWanted;

    /// <summary>Reads a file and verifies it.</summary>
    /// <param name="file">The file; closed with this.</param>
    /// <param name="end">Last index of the log that the file belongs to: nothing newer can stand in it.</param>
    /// <param name="options">The defaults where null.</param>
    /// <exception cref="LogCorruptionException">The file is damaged, or not that of the log.</exception>
    public SlotStateMachine(SlotFile file, LogIndex end, SlotStateMachineOptions? options = null)
    {
        (_file, _end, _options) = (file, end, options ?? new SlotStateMachineOptions());
        _slots = new SlotOverlay(file);
        _executor = _options.Executor ?? new InlineDiskExecutor();
        SlotSuperblock superblock = file.Superblock;
        if (superblock.Applied > end)
        {
            throw file.Damaged(
                $"it holds entry {superblock.Applied}, and the log ends at {end}: the log lost entries or is another "
                + "one");
        }
        // Where nothing is applied, nothing counts: a snapshot was about to be restored when the node died.
        if (superblock.Applied == LogIndex.Zero)
            SlotRestore.Clear(file);
        else
            Verify(file, superblock);
        (_count, _digest, _sessions) = (superblock.Count, superblock.Digest, file.Sessions);
        StartAt(superblock.Applied);
    }

    /// <inheritdoc/>
    public LogIndex RestoredIndex { get; private set; }

    /// <inheritdoc/>
    public ulong Digest => _digest;

    /// <summary>Keys that have a value.</summary>
    public long Count => _count;

    /// <inheritdoc/>
    public long LengthBytes => _file.Geometry.LengthBytes;

    /// <inheritdoc/>
    public int SlotBytes => _file.Geometry.SlotBytes;

    /// <inheritdoc/>
    LogIndex IImageSource.AppliedIndex => _file.Superblock.Applied;

    /// <inheritdoc/>
    LogIndex IImageSource.NewestIndex => new(Volatile.Read(ref _newest));

    /// <inheritdoc/>
    public bool HasRoom => _underWay is not { IsFinished: false } || _slots.Bytes < _options.ChangesBytesMax;

    /// <inheritdoc/>
    public SessionTable RestoredSessions() => _sessions;

    /// <inheritdoc/>
    public Code Validate(ReadOnlySpan<byte> command, out string message)
    {
        if (KvCommandView.TryRead(command, out KvCommandView view))
            return CheckLimits(view, out _, out message);
        message = NoCommand;
        return Code.BadRequest;
    }

    /// <inheritdoc/>
    public Code Apply(LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response)
    {
        // Another leader may have had other limits; all replicas of a cluster have the same slots, so all say the same.
        if (!KvCommandView.TryRead(command, out KvCommandView view))
            return Code.BadRequest;
        Code code = CheckLimits(view, out long key, out _);
        if (code != Code.Ok)
            return code;
        return view.Operation switch
        {
            Operation.Set => Set(index, key, view.Value),
            Operation.Delete => Delete(index, key),
            Operation.CompareAndSet or Operation.Increment => Change(index, key, view, response),
            _ => Get(key, response),
        };
    }

    /// <inheritdoc/>
    public Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message)
    {
        if (!KvCommandView.TryRead(query, out KvCommandView view))
        {
            message = NoCommand;
            return Code.BadRequest;
        }
        if (view.Operation != Operation.Get)
        {
            message = "a read can only be a get; send everything else as a write";
            return Code.BadRequest;
        }
        Code code = CheckLimits(view, out long key, out message);
        return code == Code.Ok ? Get(key, response) : code;
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The disk failed; the node must stop.</exception>
    public void Applied(LogIndex index, SessionTable sessions)
    {
        (_last, _sessions) = (index, sessions);
        _whole = (_digest, sessions.Digest);
        TakeCheckpoint();
        bool isDue = _isCheckpointWanted || _writtenBytes >= _options.CheckpointBytes
            || index.Value - _checkpoint.Value >= _options.CheckpointEntries;
        if (isDue)
            PostCheckpoint();
    }

    /// <summary>
    /// Makes everything applied durable, so that the next start has nothing to repeat, unless the last batch ended in
    /// the middle, or there is no room. When nobody applies any more, and the executor of checkpoints has ended.
    /// </summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Checkpoint()
    {
        if (_underWay is { WantsRoom: true })
            return;
        TakeCheckpoint();
        Check.That(_underWay is null, "who makes checkpoints has ended, and left none half done");
        // Half of a batch that failed is the state of no index.
        if ((_digest, _sessions.Digest) != _whole)
            return;
        if (BeginCheckpoint() is not { } checkpoint)
            return;
        try
        {
            checkpoint.Write();
        }
        catch (DiskFullException)
        {
            // The log holds it.
            return;
        }
        checkpoint.Sync();
        TakeCheckpoint();
    }

    /// <inheritdoc/>
    public IStateSnapshot? BeginSnapshot()
    {
        Check.That(_snapshot is null, "one snapshot of a state at a time");
        // The log is cut behind the snapshot, and must still lead on from what the file holds.
        _isCheckpointWanted = true;
        PostCheckpoint();
        return _snapshot = new SlotSnapshot(
            _file, _slots, _last, _digest, _options.SnapshotDisplacedBytesMax, () => _snapshot = null);
    }

    /// <inheritdoc/>
    public void Restore(LogIndex index, SnapshotRestore snapshot)
    {
        Check.That(_underWay is null && _snapshot is null, "a state is restored before anything is applied to it");
        Check.That(index <= _end, "a state in a file is never ahead of the log");
        (_count, _digest, _sessions) = SlotRestore.Run(_file, index, snapshot);
        StartAt(index);
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> into) => _file.ReadImage(offset, into);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static void Verify(SlotFile file, SlotSuperblock superblock)
    {
        SlotScan scan = SlotScan.Run(file);
        if (scan.Digest != superblock.Digest || scan.Count != superblock.Count || scan.Newest > superblock.Applied)
            throw file.Damaged($"what it holds is not what it held at index {superblock.Applied}: writes were lost");
    }

    private void StartAt(LogIndex index)
    {
        RestoredIndex = _checkpoint = _last = index;
        _whole = (_digest, _sessions.Digest);
        Volatile.Write(ref _newest, index.Value);
    }

    private void PostCheckpoint()
    {
        if (_underWay is not null || BeginCheckpoint() is not { } checkpoint)
            return;
        _executor.Post(checkpoint);
        TakeCheckpoint();
    }

    private SlotCheckpoint? BeginCheckpoint()
    {
        _isCheckpointWanted = false;
        if (_last == _checkpoint)
            return null;
        _writtenBytes = 0;
        _encoded.ResetWrittenCount();
        _sessions.Encode(_encoded);
        // From here on the file may hold what is newer than the last checkpoint.
        Volatile.Write(ref _newest, _last.Value);
        return _underWay = new SlotCheckpoint(
            _file, _file.Next(_last, _count, _digest), _slots.Freeze(), _encoded.WrittenMemory);
    }

    private void TakeCheckpoint()
    {
        if (_underWay is not { IsFinished: true } finished)
            return;
        if (finished.WantsRoom)
        {
            finished.Again();
            _executor.Post(finished);
            return;
        }
        if (finished.Error is { } error)
            throw new IOException($"a checkpoint failed: {error.Message}", error);
        _underWay = null;
        _slots.Thaw();
        _checkpoint = finished.Applied;
    }

    private Code CheckLimits(KvCommandView view, out long key, out string message)
    {
        message = "";
        SlotGeometry geometry = _file.Geometry;
        if (!geometry.TryParseKey(view.Key, out key))
        {
            message = SlotMessages.WrongKey(view.Key, geometry);
            return Code.BadRequest;
        }
        if (view.HasValue && view.Value.Length > geometry.ValueBytesMax)
        {
            message = SlotMessages.LongValue(view.Value.Length, geometry);
            return Code.TooLarge;
        }
        return Code.Ok;
    }

    private Code Get(long key, IBufferWriter<byte> response)
    {
        SlotHeader header = Read(key, out ReadOnlySpan<byte> value);
        if (header.Kind != SlotKind.Value)
            return Code.NotFound;
        response.Write(value);
        return Code.Ok;
    }

    private Code Set(LogIndex index, long key, ReadOnlySpan<byte> value)
    {
        Replace(key);
        ulong hash = SlotCodec.Hash(key, value);
        Write(key, new SlotHeader(SlotKind.Value, index, value.Length, hash), value);
        _count++;
        _digest += hash;
        return Code.Ok;
    }

    private Code Delete(LogIndex index, long key)
    {
        if (Replace(key) != SlotKind.Value)
            return Code.NotFound;
        Write(key, new SlotHeader(SlotKind.Deleted, index, 0, 0), default);
        return Code.Ok;
    }

    private Code Change(LogIndex index, long key, KvCommandView command, IBufferWriter<byte> response)
    {
        SlotHeader header = Read(key, out ReadOnlySpan<byte> current);
        bool exists = header.Kind == SlotKind.Value;
        Span<byte> number = stackalloc byte[RelativeCommand.NumberBytesMax];
        if (!RelativeCommand.TryApply(command, exists, exists ? current : default, number, out int length))
        {
            response.Write(exists ? current : default);
            return Code.ConditionFailed;
        }
        response.Write(number[..length]);
        return Set(index, key, command.HasValue ? command.Value : number[..length]);
    }

    // A write that touches one sector costs the disk as much as one that fills it.
    private void Write(long key, in SlotHeader header, ReadOnlySpan<byte> value)
    {
        _slots.Write(key, header, value);
        _writtenBytes += Math.Max(SlotHeader.SizeBytes + value.Length, SlotGeometry.SlotBytesUnit);
    }

    private SlotHeader Read(long key, out ReadOnlySpan<byte> value)
    {
        SlotHeader header = _slots.Read(key, out value);
        return header.Kind == SlotKind.Damaged ? throw _file.Damaged(key) : header;
    }

    /// <summary>Takes what stands in a slot out of the digest, because it is about to be overwritten.</summary>
    /// <returns>What stands there.</returns>
    private SlotKind Replace(long key)
    {
        SlotHeader header = _slots.ReadHeader(key);
        if (header.Kind == SlotKind.Damaged)
            throw _file.Damaged(key);
        if (header.Kind == SlotKind.Value)
        {
            _snapshot?.BeforeChange(key, header.Index);
            _count--;
            _digest -= header.Hash;
        }
        return header.Kind;
    }
}
