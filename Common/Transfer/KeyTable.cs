using System.Buffers.Binary;

namespace Chorus.Common.Transfer;

/// <summary>
/// Keys and a number for each, packed: the keys back to back in blocks, and a table of places in them. Takes about
/// 30 bytes for each key beside the key itself.
/// </summary>
internal sealed class KeyTable
{
    private const int BlockBytes = 1 << 20;
    private const int EntryBytes = 12; // length of the key u32, number u64
    private const int SlotsAtFirst = 1024;

    private readonly List<byte[]> _blocks = [];
    private long[] _places = new long[SlotsAtFirst];
    private uint[] _hashes = new uint[SlotsAtFirst];
    private long _blockBytes;
    private int _used;

    /// <summary>Keys in the table.</summary>
    public int Count { get; private set; }

    /// <summary>Memory in use, and what the next growth would add.</summary>
    public long HeldBytes => _blockBytes + (long)_places.Length * (sizeof(long) + sizeof(uint)) * (MustGrow ? 3 : 1);

    private bool MustGrow => (Count + 1) * 4L > _places.Length * 3L;

    /// <summary>Gives a key a number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="number">Its number from now on.</param>
    /// <returns>The number that it had; 0 when it is new.</returns>
    public ulong Set(ReadOnlySpan<byte> key, ulong number)
    {
        if (MustGrow)
            Grow();
        uint hash = Hash(key);
        int slot = (int)(hash & (uint)(_places.Length - 1));
        while (_places[slot] != 0)
        {
            if (_hashes[slot] == hash)
            {
                Span<byte> entry = Entry(_places[slot]);
                if (entry.Slice(EntryBytes, (int)BinaryPrimitives.ReadUInt32LittleEndian(entry)).SequenceEqual(key))
                    return Exchange(entry, number);
            }
            slot = (slot + 1) & (_places.Length - 1);
        }
        _places[slot] = Append(key, number);
        _hashes[slot] = hash;
        Count++;
        return 0;
    }

    private static ulong Exchange(Span<byte> entry, ulong number)
    {
        ulong previous = BinaryPrimitives.ReadUInt64LittleEndian(entry[4..]);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], number);
        return previous;
    }

    private Span<byte> Entry(long place) => _blocks[(int)((place - 1) >> 32)].AsSpan((int)((place - 1) & 0xFFFF_FFFF));

    // A place is the block's number and the offset in it, and 1, so that 0 is none.
    private long Append(ReadOnlySpan<byte> key, ulong number)
    {
        int length = EntryBytes + key.Length;
        if (_blocks.Count == 0 || _used + length > _blocks[^1].Length)
        {
            _blocks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(BlockBytes, length)));
            _blockBytes += _blocks[^1].Length;
            _used = 0;
        }
        Span<byte> entry = _blocks[^1].AsSpan(_used, length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)key.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], number);
        key.CopyTo(entry[EntryBytes..]);
        long place = ((long)(_blocks.Count - 1) << 32 | (uint)_used) + 1;
        _used += length;
        return place;
    }

    private void Grow()
    {
        var places = new long[_places.Length * 2];
        var hashes = new uint[places.Length];
        for (int i = 0; i < _places.Length; i++)
        {
            if (_places[i] == 0)
                continue;
            int slot = (int)(_hashes[i] & (uint)(places.Length - 1));
            while (places[slot] != 0)
                slot = (slot + 1) & (places.Length - 1);
            (places[slot], hashes[slot]) = (_places[i], _hashes[i]);
        }
        (_places, _hashes) = (places, hashes);
    }

    // Seeded per process, so that clients, who choose the keys, cannot aim at one slot.
    private static uint Hash(ReadOnlySpan<byte> key)
    {
        HashCode hash = default;
        hash.AddBytes(key);
        return (uint)hash.ToHashCode();
    }
}
