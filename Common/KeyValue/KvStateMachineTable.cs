using System.Runtime.InteropServices;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// The entries of a store in memory, each at a place of its own that it keeps while it lives: so that they can be gone
/// through, a few at a time, while others come and go.
/// </summary>
/// <remarks>
/// Places are in pages, so that growth copies nothing. A place that was left is taken again by the next entry. An entry
/// is found by way of three memory accesses: a slot of <see cref="KvStateMachineIndex"/>, the entry, and the block of
/// <see cref="KvMemory"/> that has its key and its value.
/// </remarks>
internal sealed class KvStateMachineTable
{
    private const int PageBits = 11;
    private const int PageEntries = 1 << PageBits;

    private readonly KvStateMachineKeys _keys = new();
    private readonly KvStateMachineIndex _index = new();
    private readonly List<Entry[]> _pages = [];
    private readonly Stack<int> _free = new();
    private readonly KvStateMachineAhead _ahead;
    private readonly KvMemory _memory;

    public KvStateMachineTable(int segmentBytesMax)
    {
        Check.That(segmentBytesMax is >= 128 and <= 1 << 30, "a segment of memory has 128 bytes to 1 GiB");
        _ahead = new KvStateMachineAhead(this, _index);
        _memory = new KvMemory(this, segmentBytesMax);
    }

    /// <summary>Entries.</summary>
    public int Count { get; private set; }

    /// <summary>Index behind the last place that was ever taken.</summary>
    public int PlacesUntil { get; private set; }

    /// <summary>Bytes of memory for keys and values, holes among them.</summary>
    public long HeldBytes => _memory.HeldBytes;

    /// <summary>Blocks of keys and values that were moved so far, so that their memory has few holes.</summary>
    public long MovedBlocks => _memory.MovedBlocks;

    /// <summary>The entry at a place.</summary>
    public ref Entry At(int place) => ref _pages[place >> PageBits][place & (PageEntries - 1)];

    /// <summary>The key at a place that is taken. Valid until the next change.</summary>
    public ReadOnlySpan<byte> KeyAt(int place)
    {
        ref Entry entry = ref At(place);
        return _memory.Slice(entry.Block, 0, entry.KeyLength);
    }

    /// <summary>The value at a place that is taken. Valid until the next change.</summary>
    public ReadOnlySpan<byte> ValueAt(int place)
    {
        ref Entry entry = ref At(place);
        return _memory.Slice(entry.Block, entry.KeyLength, entry.ValueLength);
    }

    /// <summary>The first byte of an entry; no byte where nobody is.</summary>
    public ref readonly byte FirstAt(int place)
    {
        ref Entry entry = ref At(place);
        return ref MemoryMarshal.GetReference(entry.IsTaken ? _memory.Slice(entry.Block, 0, 1) : default);
    }

    /// <summary>A key will be looked for soon.</summary>
    public void Expect(ReadOnlySpan<byte> key) => _ahead.Expect(_keys.Hash(key));

    /// <summary>Finds the place of a key; -1 where it has none.</summary>
    public int Find(ReadOnlySpan<byte> key) => Find(_keys.Hash(key), key);

    /// <summary>Finds the place of a key, or gives it one, with an empty value.</summary>
    /// <param name="key">Copied where it is new.</param>
    /// <param name="room">Bytes of the value that a new one is to get.</param>
    /// <param name="isNew">Whether it is.</param>
    public int FindOrAdd(ReadOnlySpan<byte> key, int room, out bool isNew)
    {
        ulong hash = _keys.Hash(key);
        int place = Find(hash, key);
        isNew = place < 0;
        if (!isNew)
            return place;
        place = Take();
        Begin(place, key, room);
        _index.Add(hash, place);
        Count++;
        return place;
    }

    /// <summary>
    /// Gives an entry a value. Its bytes stay where they are where the value fits and fills at least half of the room.
    /// </summary>
    public void Store(int place, ReadOnlySpan<byte> value)
    {
        ref Entry entry = ref At(place);
        KvAddress old = entry.Block;
        int room = _memory.LengthOf(old) - entry.KeyLength;
        bool moves = value.Length > room || value.Length < room / 2;
        if (moves)
            Begin(place, KeyAt(place), value.Length);
        value.CopyTo(_memory.Slice(entry.Block, entry.KeyLength, value.Length));
        entry.ValueLength = value.Length;
        if (moves)
            _memory.Free(old);
    }

    /// <summary>Lets a place go.</summary>
    public void Remove(int place)
    {
        _index.Remove(_keys.Hash(KeyAt(place)), place);
        KvAddress block = At(place).Block;
        At(place) = default;
        _free.Push(place);
        Count--;
        _memory.Free(block);
    }

    /// <summary>Lets all go.</summary>
    public void Clear()
    {
        _index.Clear();
        _memory.Clear();
        _pages.Clear();
        _free.Clear();
        PlacesUntil = Count = 0;
    }

    private int Find(ulong hash, ReadOnlySpan<byte> key)
    {
        KvStateMachineIndex.Search search = _index.Begin(hash);
        while (search.TryNext(out int place))
        {
            if (KeyAt(place).SequenceEqual(key))
                return place;
        }
        return -1;
    }

    private int Take()
    {
        if (_free.TryPop(out int free))
            return free;
        if (PlacesUntil >> PageBits == _pages.Count)
            _pages.Add(new Entry[PageEntries]);
        return PlacesUntil++;
    }

    private void Begin(int place, ReadOnlySpan<byte> key, int room)
    {
        ref Entry entry = ref At(place);
        entry.Block = _memory.Allocate(place, key.Length + room);
        entry.KeyLength = key.Length;
        key.CopyTo(_memory.Slice(entry.Block, 0, key.Length));
    }

    /// <summary>A key with its value.</summary>
    public struct Entry
    {
        /// <summary>Has the key, the value, and what room is left; the default where nobody is.</summary>
        public KvAddress Block;

        /// <summary>Length of the key, in bytes.</summary>
        public int KeyLength;

        /// <summary>Length of the value, in bytes.</summary>
        public int ValueLength;

        /// <summary>The entry's part of the digest.</summary>
        public ulong Hash;

        /// <summary>Number of the snapshot that has it already, or that it is too new for.</summary>
        public uint SnapshotNumber;

        /// <summary>Whether anybody is here.</summary>
        public readonly bool IsTaken => KeyLength > 0;
    }
}
