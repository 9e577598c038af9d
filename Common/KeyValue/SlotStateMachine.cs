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
/// Every write is absolute, and a slot names the entry that wrote it. After a crash the log is applied from the last
/// checkpoint on; a slot that holds a newer entry already is left alone, one that was torn is written again. From the
/// newest entry found in the file on (<see cref="SettledIndex"/>) the state is exact again (trap 20).
/// </remarks>
public sealed class SlotStateMachine : IStateMachine, IImageSource, IDisposable
{
    private const string NoCommand =
        "the bytes are not a KvCommand with a known operation and a key of at least one byte";

    private readonly SlotFile _file;
    private readonly SlotStateMachineOptions _options;
    private readonly IDiskExecutor _executor;
    private readonly LogIndex _end;
    private readonly HashSet<long> _damaged;
    private SlotCheckpoint? _underWay;
    private SlotSnapshot? _snapshot;
    private LogIndex _checkpoint;
    private long _unsyncedBytes;
    private long _count;
    private ulong _digest;
    private ulong _applied;
    private ulong _newest;

    /// <summary>Reads a file and verifies it.</summary>
    /// <param name="file">The file; closed with this.</param>
    /// <param name="end">
    /// Last index of the log that the file belongs to: nothing newer can stand in it, and by then everything that a
    /// crash tore must have been repaired.
    /// </param>
    /// <param name="options">The defaults where null.</param>
    /// <exception cref="LogCorruptionException">The file is damaged, or not that of the log.</exception>
    public SlotStateMachine(SlotFile file, LogIndex end, SlotStateMachineOptions? options = null)
        : this(file, file.Superblock.Applied, end, options ?? new SlotStateMachineOptions())
    {
        SlotSuperblock superblock = file.Superblock;
        bool isExact = SettledIndex <= superblock.Applied;
        if (isExact && (superblock.Digest != _digest || superblock.Count != _count))
            throw file.Damaged($"what it holds is not what it held at index {superblock.Applied}: writes were lost");
    }

    private SlotStateMachine(SlotFile file, LogIndex restored, LogIndex end, SlotStateMachineOptions options)
    {
        (_file, _end, _options) = (file, end, options);
        _executor = options.Executor ?? new InlineDiskExecutor();
        SlotScan scan = SlotScan.Run(file);
        (_count, _digest) = (scan.Count, scan.Digest);
        _damaged = [.. scan.Damaged];
        RestoredIndex = _checkpoint = restored;
        SettledIndex = _damaged.Count > 0 ? end : LogIndex.Max(restored, scan.Newest);
        (_applied, _newest) = (restored.Value, LogIndex.Max(restored, scan.Newest).Value);
        if (NewestIndex > end)
        {
            throw file.Damaged(
                $"it holds entry {NewestIndex}, and the log ends at {end}: the log lost entries or is another one");
        }
        RequireRepaired(restored);
    }

    /// <inheritdoc/>
    public LogIndex RestoredIndex { get; private set; }

    /// <inheritdoc/>
    public LogIndex SettledIndex { get; private set; }

    /// <inheritdoc/>
    public bool KeepsSessions => false;

    /// <inheritdoc/>
    public ulong Digest => _digest;

    /// <summary>Keys that have a value.</summary>
    public long Count => _count;

    /// <inheritdoc/>
    public long LengthBytes => _file.Geometry.LengthBytes;

    /// <inheritdoc/>
    public int SlotBytes => _file.Geometry.SlotBytes;

    /// <inheritdoc/>
    public LogIndex AppliedIndex => new(Volatile.Read(ref _applied));

    /// <inheritdoc/>
    public LogIndex NewestIndex => new(Volatile.Read(ref _newest));

    /// <summary>
    /// Makes a state of an image that was copied, at once or while it changed. It is exact once the log is applied to
    /// it from behind <paramref name="applied"/> up to <paramref name="newest"/>.
    /// </summary>
    /// <param name="file">The pieces; closed with this.</param>
    /// <param name="applied">The source's <see cref="IImageSource.AppliedIndex"/> before the copy began.</param>
    /// <param name="newest">The source's <see cref="IImageSource.NewestIndex"/> when it was complete.</param>
    /// <exception cref="LogCorruptionException">The image cannot have come about so.</exception>
    public static SlotStateMachine OfImage(SlotFile file, LogIndex applied, LogIndex newest) =>
        new(file, applied, newest, new SlotStateMachineOptions());

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
    /// <exception cref="LogCorruptionException">A slot was torn, and nothing has repaired it.</exception>
    /// <exception cref="IOException">The disk failed; the node must stop.</exception>
    public void Applied(LogIndex index, SessionTable sessions)
    {
        if (index <= AppliedIndex)
            return;
        Volatile.Write(ref _applied, index.Value);
        if (index > NewestIndex)
            Volatile.Write(ref _newest, index.Value);
        RequireRepaired(index);
        TakeCheckpoint();
        bool isDue = _unsyncedBytes >= _options.CheckpointBytes
            || index.Value - _checkpoint.Value >= _options.CheckpointEntries;
        if (isDue && _underWay is null && BeginCheckpoint() is { } checkpoint)
        {
            _underWay = checkpoint;
            _executor.Post(checkpoint);
            TakeCheckpoint();
        }
    }

    /// <summary>
    /// Makes everything applied durable, so that the next start has nothing to repeat. When nobody applies any more,
    /// and the executor of checkpoints has ended.
    /// </summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Checkpoint()
    {
        TakeCheckpoint();
        if (BeginCheckpoint() is not { } checkpoint)
            return;
        checkpoint.Write();
        checkpoint.Sync();
        _checkpoint = checkpoint.Applied;
    }

    /// <inheritdoc/>
    public IStateSnapshot? BeginSnapshot()
    {
        Check.That(_snapshot is null, "one snapshot of a state at a time");
        if (AppliedIndex < SettledIndex)
            return null;
        return _snapshot = new SlotSnapshot(
            _file, AppliedIndex, _digest, _options.SnapshotDisplacedBytesMax, () => _snapshot = null);
    }

    /// <inheritdoc/>
    public void Restore(LogIndex index, SnapshotRestore snapshot)
    {
        Check.That(_underWay is null && _snapshot is null, "a state is restored before anything is applied to it");
        Check.That(index <= _end, "a state in a file is never ahead of the log");
        (_count, _digest) = SlotRestore.Run(_file, index, snapshot);
        _damaged.Clear();
        RestoredIndex = SettledIndex = _checkpoint = index;
        (_applied, _newest) = (index.Value, index.Value);
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> into) => _file.ReadImage(offset, into);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private SlotCheckpoint? BeginCheckpoint()
    {
        // Before the state is settled, its digest is not that of any index.
        if (AppliedIndex < SettledIndex || AppliedIndex == _checkpoint)
            return null;
        _unsyncedBytes = 0;
        return new SlotCheckpoint(_file, AppliedIndex, _count, _digest);
    }

    private void TakeCheckpoint()
    {
        if (_underWay is not { IsFinished: true } finished)
            return;
        _underWay = null;
        if (finished.Error is { } error)
            throw new IOException($"a checkpoint failed: {error.Message}", error);
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
        // What a crash leaves in the file may be newer than the command that is repeated: absolute writes bear that.
        if (view.IsRelative)
        {
            message = SlotMessages.Relative;
            return Code.BadRequest;
        }
        if (view.Operation == Operation.Set && view.Value.Length > geometry.ValueBytesMax)
        {
            message = SlotMessages.LongValue(view.Value.Length, geometry);
            return Code.TooLarge;
        }
        return Code.Ok;
    }

    private Code Get(long key, IBufferWriter<byte> response)
    {
        SlotHeader header = _file.Read(key, out ReadOnlySpan<byte> value);
        if (header.Kind == SlotKind.Damaged && !_damaged.Contains(key))
            throw _file.Damaged(key);
        if (header.Kind != SlotKind.Value)
            return Code.NotFound;
        response.Write(value);
        return Code.Ok;
    }

    private Code Set(LogIndex index, long key, ReadOnlySpan<byte> value)
    {
        if (!TryReplace(index, key, out _))
            return Code.Ok;
        ulong hash = SlotCodec.Hash(key, value);
        Written(_file.WriteValue(key, index, value, hash));
        _count++;
        _digest += hash;
        return Code.Ok;
    }

    private Code Delete(LogIndex index, long key)
    {
        if (!TryReplace(index, key, out SlotKind before, onlyValue: true))
            return before == SlotKind.Value ? Code.Ok : Code.NotFound;
        Written(_file.WriteDeleted(key, index));
        return Code.Ok;
    }

    /// <summary>Takes what stands in a slot out of the digest, because it is about to be overwritten.</summary>
    /// <returns>False when the slot stays as it is: it holds a newer entry, or nothing where only a value
    /// counts.</returns>
    private bool TryReplace(LogIndex index, long key, out SlotKind before, bool onlyValue = false)
    {
        if (index > NewestIndex)
            Volatile.Write(ref _newest, index.Value);
        SlotHeader header = _file.ReadHeader(key);
        before = header.Kind;
        if (_damaged.Count > 0 && _damaged.Remove(key))
            return true;
        if (before == SlotKind.Damaged)
            throw _file.Damaged(key);
        if (header.Index >= index)
        {
            if (index > SettledIndex)
                throw _file.Damaged(key);
            return false;
        }
        if (before == SlotKind.Value)
        {
            _snapshot?.BeforeChange(key, header.Index);
            _count--;
            _digest -= header.Hash;
        }
        return before == SlotKind.Value || !onlyValue;
    }

    // A write that touches one sector costs the disk as much as one that fills it.
    private void Written(int bytes) => _unsyncedBytes += Math.Max(bytes, SlotGeometry.SlotBytesUnit);

    private void RequireRepaired(LogIndex applied)
    {
        if (_damaged.Count > 0 && applied >= _end)
            throw _file.Damaged(_damaged.Min());
    }
}
