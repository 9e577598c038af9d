using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>A set of indexes of a range, one bit each.</summary>
/// <param name="first">First index of the range.</param>
/// <param name="count">How many indexes it has.</param>
internal sealed class IndexSet(LogIndex first, int count)
{
    private readonly ulong[] _words = new ulong[((long)count + 63) / 64];

    /// <summary>Bytes that a set takes.</summary>
    public static long BytesFor(ulong count) => (long)Math.Min(count / 8, long.MaxValue / 2) + 8;

    public void Add(LogIndex index) => _words[Word(index, out ulong bit)] |= bit;

    public void Remove(LogIndex index) => _words[Word(index, out ulong bit)] &= ~bit;

    public bool Contains(LogIndex index) => (_words[Word(index, out ulong bit)] & bit) != 0;

    /// <summary>The first index of the set from one on; the end of the range when there is none.</summary>
    public LogIndex From(LogIndex index)
    {
        ulong offset = index - first;
        while (offset < (ulong)count)
        {
            ulong rest = _words[offset / 64] >> (int)(offset % 64);
            if (rest != 0)
                return first + (offset + (ulong)System.Numerics.BitOperations.TrailingZeroCount(rest));
            offset = (offset / 64 + 1) * 64;
        }
        return first + (ulong)count;
    }

    private int Word(LogIndex index, out ulong bit)
    {
        ulong offset = index - first;
        bit = 1UL << (int)(offset % 64);
        return (int)(offset / 64);
    }
}
