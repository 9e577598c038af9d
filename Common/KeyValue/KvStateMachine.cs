using System.Buffers;
using System.Runtime.InteropServices;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
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
        "the bytes are not a KvCommand with an operation of get, set or delete and a key of at least one byte";

    private readonly KvStateMachineOptions _options;
    private readonly Dictionary<byte[], Entry> _entries;
    private readonly Dictionary<byte[], Entry>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private ulong _digest;
    private bool _defersDigest;

    /// <summary>Starts empty.</summary>
    /// <param name="options">Limits; the defaults where null.</param>
    public KvStateMachine(KvStateMachineOptions? options = null)
    {
        _options = options ?? new KvStateMachineOptions();
        _entries = new Dictionary<byte[], Entry>(new KvStateMachineKeys());
        _lookup = _entries.GetAlternateLookup<ReadOnlySpan<byte>>();
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
            message = "a read can only be a get; send a set or a delete as a write";
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
        if (!_lookup.TryGetValue(key, out Entry entry))
            return Code.NotFound;
        response.Write(entry.Value);
        return Code.Ok;
    }

    private void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_lookup, key, out _);
        entry.Store(value);
        if (_defersDigest)
            return;
        _digest -= entry.Hash;
        entry.Hash = KvStateMachineDigest.OfEntry(key, value);
        _digest += entry.Hash;
    }

    private bool Delete(ReadOnlySpan<byte> key)
    {
        if (!_lookup.Remove(key, out _, out Entry entry))
            return false;
        _digest -= entry.Hash;
        return true;
    }

    // A sum: the order in which the entries come does not matter.
    private ulong Rehash()
    {
        ulong digest = 0;
        foreach (byte[] key in _entries.Keys)
        {
            ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            entry.Hash = KvStateMachineDigest.OfEntry(key, entry.Value);
            digest += entry.Hash;
        }
        return digest;
    }

    private struct Entry
    {
        private byte[]? _buffer;
        private int _length;

        public ulong Hash;

        public readonly ReadOnlySpan<byte> Value => _buffer.AsSpan(0, _length);

        /// <summary>Reuses the buffer where the value fits and fills at least half of it.</summary>
        public void Store(ReadOnlySpan<byte> value)
        {
            if (_buffer is null || value.Length > _buffer.Length || value.Length < _buffer.Length / 2)
                _buffer = value.IsEmpty ? [] : GC.AllocateUninitializedArray<byte>(value.Length);
            value.CopyTo(_buffer);
            _length = value.Length;
        }
    }
}
