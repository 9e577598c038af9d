using System.Runtime.InteropServices;

namespace Chorus.Common.KeyValue;

/// <summary>
/// The entries of a store in memory, each at a place of its own that it keeps while it lives: so that they can be gone
/// through, a few at a time, while others come and go.
/// </summary>
/// <remarks>
/// Places are in pages, so that growth copies nothing. A place that was left is taken again by the next entry.
/// </remarks>
internal sealed class KvStateMachineTable
{
    private const int PageBits = 11;
    private const int PageEntries = 1 << PageBits;

    private readonly Dictionary<byte[], int> _places;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly List<Entry[]> _pages = [];
    private readonly Stack<int> _free = new();

    public KvStateMachineTable()
    {
        _places = new Dictionary<byte[], int>(new KvStateMachineKeys());
        _lookup = _places.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Entries.</summary>
    public int Count => _places.Count;

    /// <summary>Index behind the last place that was ever taken.</summary>
    public int PlacesUntil { get; private set; }

    /// <summary>The entry at a place; its key is null where nobody is.</summary>
    public ref Entry At(int place) => ref _pages[place >> PageBits][place & (PageEntries - 1)];

    /// <summary>Finds the place of a key; -1 where it has none.</summary>
    public int Find(ReadOnlySpan<byte> key) => _lookup.TryGetValue(key, out int place) ? place : -1;

    /// <summary>Finds the place of a key, or gives it one.</summary>
    /// <param name="key">Copied where it is new.</param>
    /// <param name="isNew">Whether it is.</param>
    public int FindOrAdd(ReadOnlySpan<byte> key, out bool isNew)
    {
        ref int place = ref CollectionsMarshal.GetValueRefOrAddDefault(_lookup, key, out bool exists);
        isNew = !exists;
        if (exists)
            return place;
        byte[] own = key.ToArray();
        place = Take();
        At(place).Key = own;
        return place;
    }

    /// <summary>Lets a place go.</summary>
    public void Remove(int place)
    {
        _places.Remove(At(place).Key!);
        At(place) = default;
        _free.Push(place);
    }

    /// <summary>Lets all go.</summary>
    public void Clear()
    {
        _places.Clear();
        _pages.Clear();
        _free.Clear();
        PlacesUntil = 0;
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
        private byte[]? _buffer;
        private int _length;

        /// <summary>The key; null where nobody is.</summary>
        public byte[]? Key;

        /// <summary>The entry's part of the digest.</summary>
        public ulong Hash;

        /// <summary>Number of the snapshot that has it already, or that it is too new for.</summary>
        public uint SnapshotNumber;

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
