using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Memory for the bytes of entries: blocks, one behind the other, in a few large segments. So the garbage collector has
/// a few objects to go through instead of one for each entry, and clears nothing.
/// </summary>
/// <remarks>
/// A block that is let go leaves a hole. When the holes come to a quarter of what lives and one segment, the emptiest
/// segment is gone through, a few blocks with each that is let go, and what lives in it moves to the newest one. A
/// block is the place of the entry that it belongs to u32, its length u32, and its bytes.
/// </remarks>
/// <param name="table">Knows where each of its entries has its block; told where it goes.</param>
/// <param name="segmentBytesMax">
/// Length of a segment, once as much lives; while less does, segments are about as long as that.
/// </param>
internal sealed class KvMemory(KvStateMachineTable table, int segmentBytesMax)
{
    private const int HeaderBytes = 8;
    private const int SegmentBytesMin = 16 << 10;

    // What is shorter is not worth giving back, and need not stay where it is for that.
    private const int GivenBackFrom = 4 << 20;

    // A block longer than one part in so many of a segment gets a segment of its own, which goes when it goes: so it
    // never pays for much cleaning at once.
    private const int BlocksInSegmentMin = 64;
    private const int SharedBytesMin = 128;

    // Holes may be one part in so many of what lives, and one segment.
    private const int LivingPerHole = 4;

    // Bytes gone through for each byte let go. The emptiest segment has at least one hole in five bytes, so that more
    // is won than was lost. Each block counts as some more: its entry has to be looked at.
    private const int CleanedPerFreed = 8;
    private const int LookBytes = 128;

    private readonly List<Segment?> _segments = [];
    private readonly Stack<int> _freeNumbers = new();
    private byte[]? _spare;
    private int _head = -1;
    private int _victim = -1;
    private int _cleanedUntil;

    // Of the segments that blocks share.
    private long _living;
    private long _sharedBytes;
    private long _ownBytes;

    /// <summary>Bytes that all segments take, one that waits to be used again among them.</summary>
    public long HeldBytes => _sharedBytes + _ownBytes + (_spare?.Length ?? 0);

    /// <summary>Blocks that were moved so far.</summary>
    public long MovedBlocks { get; private set; }

    private int SharedBytesMax => Math.Max(segmentBytesMax / BlocksInSegmentMin, SharedBytesMin);

    // A store that has become small does not keep what it had when it was large.
    private int NextBytes => (int)Math.Clamp(
        (long)BitOperations.RoundUpToPowerOf2((ulong)_living), Math.Min(SegmentBytesMin, segmentBytesMax),
        segmentBytesMax);

    // In the segments that nothing is added to any more.
    private long Holes
    {
        get
        {
            long holes = _sharedBytes - _living;
            return _head >= 0 && _segments[_head] is { } head ? holes - head.Bytes.Length + head.Living : holes;
        }
    }

    /// <summary>Takes a block.</summary>
    /// <param name="place">Of the entry that it is for.</param>
    /// <param name="length">In bytes; what they are is not defined.</param>
    public KvAddress Allocate(int place, int length)
    {
        int size = SizeOf(length);
        int number = size > SharedBytesMax ? Add(size, isShared: false) : HeadFor(size);
        Segment segment = _segments[number]!;
        Span<byte> block = segment.Bytes.AsSpan(segment.Filled, HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(block, place);
        BinaryPrimitives.WriteInt32LittleEndian(block[sizeof(int)..], length);
        var at = new KvAddress(number, segment.Filled + HeaderBytes);
        segment.Filled += size;
        segment.Living += size;
        if (segment.IsShared)
            _living += size;
        return at;
    }

    /// <summary>A part of a block. Valid until the next one is let go.</summary>
    public Span<byte> Slice(KvAddress at, int from, int length) =>
        _segments[at.Segment]!.Bytes.AsSpan(at.Offset + from, length);

    /// <summary>Length of a block.</summary>
    public int LengthOf(KvAddress at) => BinaryPrimitives.ReadInt32LittleEndian(
        _segments[at.Segment]!.Bytes.AsSpan(at.Offset - sizeof(int)));

    /// <summary>Lets a block go that no entry names any more. Others may move.</summary>
    public void Free(KvAddress at)
    {
        int size = SizeOf(LengthOf(at));
        bool leavesHole = _segments[at.Segment]!.IsShared;
        Leave(at.Segment, size);
        if (leavesHole)
            Clean((long)CleanedPerFreed * (size + LookBytes));
    }

    /// <summary>Lets all go.</summary>
    public void Clear()
    {
        foreach (Segment? segment in _segments)
            GiveBack(segment?.Bytes);
        GiveBack(_spare);
        _segments.Clear();
        _freeNumbers.Clear();
        _spare = null;
        _head = _victim = -1;
        _living = _sharedBytes = _ownBytes = 0;
    }

    // Blocks begin at multiples of eight, the longest one below what a span can be.
    private static int SizeOf(int length) => checked(HeaderBytes + length + 7) & ~7;

    private int HeadFor(int size)
    {
        if (_head >= 0 && _segments[_head] is { } head)
        {
            if (head.Living == 0)
                head.Filled = 0;
            if (head.Bytes.Length - head.Filled >= size)
                return _head;
            if (head.Living == 0)
                Release(_head);
        }
        return _head = Add(Math.Max(NextBytes, size), isShared: true);
    }

    private int Add(int bytes, bool isShared)
    {
        byte[] memory = _spare is { } spare && spare.Length == bytes ? spare : Take(bytes);
        if (memory == _spare)
            _spare = null;
        var segment = new Segment(memory, isShared);
        Count(segment, bytes);
        if (_freeNumbers.TryPop(out int number))
        {
            _segments[number] = segment;
            return number;
        }
        _segments.Add(segment);
        return _segments.Count - 1;
    }

    private static byte[] Take(int bytes) =>
        GC.AllocateUninitializedArray<byte>(bytes, pinned: bytes >= GivenBackFrom);

    // The collector keeps the address space; the memory goes at once.
    private static void GiveBack(byte[]? memory)
    {
        if (memory is { Length: >= GivenBackFrom })
            LibC.DiscardContents(Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0), memory.Length);
    }

    private void Leave(int number, int size)
    {
        Segment segment = _segments[number]!;
        segment.Living -= size;
        if (segment.IsShared)
            _living -= size;
        if (segment.Living == 0 && number != _head)
            Release(number);
    }

    private void Release(int number)
    {
        Segment segment = _segments[number]!;
        _segments[number] = null;
        _freeNumbers.Push(number);
        Count(segment, -segment.Bytes.Length);
        if (number == _victim)
            _victim = -1;
        if (_spare?.Length != NextBytes)
        {
            GiveBack(_spare);
            _spare = null;
        }
        if (_spare is null && segment.Bytes.Length == NextBytes)
            _spare = segment.Bytes;
        else
            GiveBack(segment.Bytes);
    }

    private void Count(Segment segment, int bytes)
    {
        if (segment.IsShared)
            _sharedBytes += bytes;
        else
            _ownBytes += bytes;
    }

    private void Clean(long bytes)
    {
        while (bytes > 0 && (_victim >= 0 || TryPickVictim()))
        {
            Segment segment = _segments[_victim]!;
            Check.That(_cleanedUntil < segment.Filled, "a segment goes when nothing lives in it");
            var from = new KvAddress(_victim, _cleanedUntil + HeaderBytes);
            int length = LengthOf(from);
            int size = SizeOf(length);
            _cleanedUntil += size;
            bytes -= size + LookBytes;
            ref KvStateMachineTable.Entry entry = ref table.At(PlaceOf(from));
            if (entry.Block != from)
                continue;
            // Room that it does not need stays behind.
            int needed = entry.KeyLength + entry.ValueLength;
            KvAddress to = Allocate(PlaceOf(from), needed);
            Slice(from, 0, needed).CopyTo(Slice(to, 0, needed));
            entry.Block = to;
            MovedBlocks++;
            Leave(from.Segment, size);
        }
    }

    private bool TryPickVictim()
    {
        if (Holes <= _living / LivingPerHole + NextBytes)
            return false;
        double emptiest = double.MaxValue;
        for (int i = 0; i < _segments.Count; i++)
        {
            if (i == _head || _segments[i] is not { IsShared: true } segment)
                continue;
            double share = (double)segment.Living / segment.Bytes.Length;
            if (share < emptiest)
                (emptiest, _victim) = (share, i);
        }
        _cleanedUntil = 0;
        return _victim >= 0;
    }

    private int PlaceOf(KvAddress at) => BinaryPrimitives.ReadInt32LittleEndian(
        _segments[at.Segment]!.Bytes.AsSpan(at.Offset - HeaderBytes));

    private sealed class Segment(byte[] bytes, bool isShared)
    {
        public readonly byte[] Bytes = bytes;

        // False: of one long block.
        public readonly bool IsShared = isShared;
        public int Filled;
        public int Living;
    }
}
