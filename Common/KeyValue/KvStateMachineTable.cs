using System.Runtime.InteropServices;

namespace Chorus.Common.KeyValue;

/// <summary>
/// The entries of a store in memory, each at a place of its own that it keeps while it lives: so that they can be gone
/// through, a few at a time, while others come and go.
/// </summary>
/// <remarks>
/// Places are in pages, so that growth copies nothing. A place that was left is taken again by the next entry. An entry
/// is found by way of three memory accesses: a slot of <see cref="KvStateMachineIndex"/>, the entry, and the array that
/// has its key and its value.
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

    public KvStateMachineTable() => _ahead = new KvStateMachineAhead(this, _index);

    /// <summary>Entries.</summary>
    public int Count { get; private set; }

    /// <summary>Index behind the last place that was ever taken.</summary>
    public int PlacesUntil { get; private set; }

    /// <summary>The entry at a place.</summary>
    public ref Entry At(int place) => ref _pages[place >> PageBits][place & (PageEntries - 1)];

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
        At(place).Begin(key, room);
        _index.Add(hash, place);
        Count++;
        return place;
    }

    /// <summary>Lets a place go.</summary>
    public void Remove(int place)
    {
        _index.Remove(_keys.Hash(At(place).Key), place);
        At(place) = default;
        _free.Push(place);
        Count--;
    }

    /// <summary>Lets all go.</summary>
    public void Clear()
    {
        _index.Clear();
        _pages.Clear();
        _free.Clear();
        PlacesUntil = Count = 0;
    }

    private int Find(ulong hash, ReadOnlySpan<byte> key)
    {
        KvStateMachineIndex.Search search = _index.Begin(hash);
        while (search.TryNext(out int place))
        {
            if (At(place).Key.SequenceEqual(key))
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

    /// <summary>A key with its value.</summary>
    public struct Entry
    {
        // The key, the value, and what room is left: one object for the garbage collector, and one place in memory.
        private byte[]? _bytes;
        private int _keyLength;
        private int _valueLength;

        /// <summary>The entry's part of the digest.</summary>
        public ulong Hash;

        /// <summary>Number of the snapshot that has it already, or that it is too new for.</summary>
        public uint SnapshotNumber;

        /// <summary>Whether anybody is here.</summary>
        public readonly bool IsTaken => _bytes is not null;

        /// <summary>The first of its bytes; nothing where nobody is.</summary>
        public readonly ref byte First => ref MemoryMarshal.GetReference(_bytes.AsSpan());

        public readonly ReadOnlySpan<byte> Key => _bytes.AsSpan(0, _keyLength);

        public readonly ReadOnlySpan<byte> Value => _bytes.AsSpan(_keyLength, _valueLength);

        /// <summary>Takes the place, with an empty value.</summary>
        /// <param name="key">Copied.</param>
        /// <param name="room">Bytes of the value that it is to get.</param>
        public void Begin(ReadOnlySpan<byte> key, int room)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(key.Length + room);
            _keyLength = key.Length;
            key.CopyTo(_bytes);
        }

        /// <summary>Stays where it is where the value fits and fills at least half of the room.</summary>
        public void Store(ReadOnlySpan<byte> value)
        {
            int room = _bytes!.Length - _keyLength;
            if (value.Length > room || value.Length < room / 2)
            {
                byte[] old = _bytes;
                Begin(old.AsSpan(0, _keyLength), value.Length);
            }
            value.CopyTo(_bytes.AsSpan(_keyLength));
            _valueLength = value.Length;
        }
    }
}
