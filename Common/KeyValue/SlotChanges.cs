namespace Chorus.Common.KeyValue;

/// <summary>What slots hold that their file does not hold yet, by key.</summary>
internal sealed class SlotChanges
{
    // What an entry costs in memory, beside its value.
    private const int EntryBytes = 96;

    private readonly Dictionary<long, Entry> _entries = [];
    private long[]? _keys;

    private readonly record struct Entry(SlotHeader Header, byte[] Buffer);

    /// <summary>Slots that have changed.</summary>
    public int Count => _entries.Count;

    /// <summary>Memory that they take.</summary>
    public long Bytes { get; private set; }

    /// <summary>Looks up a slot.</summary>
    public bool TryGet(long key, out SlotHeader header, out ReadOnlySpan<byte> value)
    {
        bool found = _entries.TryGetValue(key, out Entry entry);
        header = entry.Header;
        value = entry.Buffer.AsSpan(0, header.Length);
        return found;
    }

    /// <summary>A slot changes; reuses the buffer where the value fits.</summary>
    public void Set(long key, in SlotHeader header, ReadOnlySpan<byte> value)
    {
        byte[] buffer = [];
        if (_entries.TryGetValue(key, out Entry before))
        {
            Bytes -= before.Buffer.Length + EntryBytes;
            buffer = before.Buffer;
        }
        if (buffer.Length < value.Length)
            buffer = GC.AllocateUninitializedArray<byte>(value.Length);
        value.CopyTo(buffer);
        _entries[key] = new Entry(header, buffer);
        _keys = null;
        Bytes += buffer.Length + EntryBytes;
    }

    /// <summary>Keys of all slots, rising, so that they are written in the order of the file.</summary>
    public long[] Keys()
    {
        if (_keys is null)
        {
            _keys = [.. _entries.Keys];
            Array.Sort(_keys);
        }
        return _keys;
    }
}
