using System.Buffers;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Keys and values in memory. A command is a serialized <see cref="KvCommand"/>; a set of a value that fits
/// where the old one stood allocates nothing.
/// </summary>
public sealed class KvStateMachine : IStateMachine
{
    private const string NoCommand =
        "the bytes are not a KvCommand with a known operation and a key of at least one byte";

    private readonly KvStateMachineOptions _options;
    private readonly KvStateMachineTable _entries;
    private KvStateMachineSnapshot? _snapshot;
    private uint _snapshots;
    private SessionTable _sessions = new();
    private LogIndex _restored;
    private ulong _digest;
    private bool _defersDigest;

    /// <summary>Starts empty.</summary>
    /// <param name="options">Limits; the defaults where null.</param>
    public KvStateMachine(KvStateMachineOptions? options = null)
    {
        _options = options ?? new KvStateMachineOptions();
        _entries = new KvStateMachineTable(_options.SegmentBytesMax);
    }

    /// <inheritdoc/>
    public ulong Digest => _defersDigest ? Rehash() : _digest;

    /// <summary>
    /// Whether the digest is computed only when it is asked for, over everything, rather than with each change: for
    /// installing many commands, most of which will be overwritten before anybody asks. Default false.
    /// </summary>
    public bool DefersDigest
    {
        get => _defersDigest;
        set
        {
            if (_defersDigest && !value)
                _digest = Rehash();
            _defersDigest = value;
        }
    }

    /// <summary>Keys that have a value.</summary>
    public int Count => _entries.Count;

    /// <inheritdoc/>
    public LogIndex RestoredIndex => _restored;

    /// <inheritdoc/>
    public Code Validate(ReadOnlySpan<byte> command, out string message)
    {
        if (!KvCommandView.TryRead(command, out KvCommandView view))
        {
            message = NoCommand;
            return Code.BadRequest;
        }
        return CheckLimits(view, out message);
    }

    /// <inheritdoc/>
    public int ExpectsAhead => _entries.Count < _options.LookaheadEntriesMin ? 0 : KvStateMachineAhead.Distance;

    /// <inheritdoc/>
    public void Expect(ReadOnlySpan<byte> command)
    {
        if (KvCommandView.TryRead(command, out KvCommandView view))
            _entries.Expect(view.Key);
    }

    /// <inheritdoc/>
    public Code Apply(LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response)
    {
        if (!KvCommandView.TryRead(command, out KvCommandView view))
            return Code.BadRequest;
        switch (view.Operation)
        {
            case Operation.Set:
                Set(view.Key, view.Value);
                return Code.Ok;
            case Operation.Delete:
                return Delete(view.Key) ? Code.Ok : Code.NotFound;
            case Operation.CompareAndSet:
            case Operation.Increment:
                return Change(view, response);
            default:
                return Get(view.Key, response);
        }
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
        Code code = CheckLimits(view, out message);
        return code == Code.Ok ? Get(view.Key, response) : code;
    }

    /// <summary>
    /// Puts an entry in place before the first command is applied: the base on which the log builds, which
    /// must be the same on every replica.
    /// </summary>
    public void Load(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Set(key, value);

    /// <inheritdoc/>
    public IStateSnapshot BeginSnapshot()
    {
        Check.That(_snapshot is null, "one snapshot of a state at a time");
        _snapshot = new KvStateMachineSnapshot(
            _entries, ++_snapshots, Digest, _options.SnapshotDisplacedBytesMax, () => _snapshot = null);
        return _snapshot;
    }

    /// <inheritdoc/>
    public void Restore(LogIndex index, SnapshotRestore snapshot)
    {
        Check.That(_snapshot is null, "a state is restored before anybody takes one of it");
        _entries.Clear();
        _digest = 0;
        while (snapshot.TryRead(out ReadOnlySpan<byte> piece))
        {
            while (piece.Length > 0)
            {
                if (!KvPieces.TryRead(ref piece, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
                    throw snapshot.Damage("a piece of it holds no entries of keys and values");
                Set(key, value);
            }
        }
        if (Digest != snapshot.Digest)
            throw snapshot.Damage($"the digest of its state is {Digest:x16}, and was {snapshot.Digest:x16}");
        _sessions = SessionTable.Of(snapshot);
        _restored = index;
    }

    /// <inheritdoc/>
    public SessionTable RestoredSessions() => _sessions;

    private Code CheckLimits(KvCommandView view, out string message)
    {
        message = "";
        if (view.Key.Length > _options.KeyBytesMax)
        {
            message = $"the key has {view.Key.Length} bytes and the limit is {_options.KeyBytesMax}; "
                + "use a shorter key or start the replicas with a higher -keymax";
        }
        else if (view.Value.Length > _options.ValueBytesMax)
        {
            message = $"the value has {view.Value.Length} bytes and the limit is {_options.ValueBytesMax}; "
                + "split the value or start the replicas with a higher -valuemax";
        }
        return message.Length == 0 ? Code.Ok : Code.TooLarge;
    }

    private Code Get(ReadOnlySpan<byte> key, IBufferWriter<byte> response)
    {
        int place = _entries.Find(key);
        if (place < 0)
            return Code.NotFound;
        response.Write(_entries.ValueAt(place));
        return Code.Ok;
    }

    private void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        int place = _entries.FindOrAdd(key, value.Length, out bool isNew);
        _snapshot?.BeforeChange(place, isNew);
        _entries.Store(place, value);
        if (_defersDigest)
            return;
        ref KvStateMachineTable.Entry entry = ref _entries.At(place);
        _digest -= entry.Hash;
        entry.Hash = KvStateMachineDigest.OfEntry(key, value);
        _digest += entry.Hash;
    }

    private Code Change(KvCommandView command, IBufferWriter<byte> response)
    {
        int place = _entries.Find(command.Key);
        ReadOnlySpan<byte> current = place < 0 ? default : _entries.ValueAt(place);
        Span<byte> number = stackalloc byte[RelativeCommand.NumberBytesMax];
        if (!RelativeCommand.TryApply(command, place >= 0, current, number, out int length))
        {
            response.Write(current);
            return Code.ConditionFailed;
        }
        Set(command.Key, command.HasValue ? command.Value : number[..length]);
        response.Write(number[..length]);
        return Code.Ok;
    }

    private bool Delete(ReadOnlySpan<byte> key)
    {
        int place = _entries.Find(key);
        if (place < 0)
            return false;
        _snapshot?.BeforeChange(place, isNew: false);
        _digest -= _entries.At(place).Hash;
        _entries.Remove(place);
        return true;
    }

    // A sum: the order in which the entries come does not matter.
    private ulong Rehash()
    {
        ulong digest = 0;
        for (int place = 0; place < _entries.PlacesUntil; place++)
        {
            ref KvStateMachineTable.Entry entry = ref _entries.At(place);
            if (!entry.IsTaken)
                continue;
            entry.Hash = KvStateMachineDigest.OfEntry(_entries.KeyAt(place), _entries.ValueAt(place));
            digest += entry.Hash;
        }
        return digest;
    }
}
