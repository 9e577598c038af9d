using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Chorus.Common.KeyValue;

/// <summary>
/// 64-bit hash of one entry, the same on every machine and in every version. The digest of a state is the sum
/// of its entries' hashes modulo 2^64, so it does not depend on their order and follows every change at the
/// cost of that change.
/// </summary>
/// <remarks>
/// Two lanes of folded 64 x 64 multiplications, 32 bytes a turn, for speed; each lane keeps its old value
/// beside the product, so a factor of zero does not wipe it out. Finds accidents, not forgeries.
/// </remarks>
internal static class KvStateMachineDigest
{
    // Odd, half of the bits set, no pattern: the fractional parts of the square roots of 2, 3, 5, 7 and 11.
    private const ulong Mix0 = 0x6a09e667f3bcc909;
    private const ulong Mix1 = 0xbb67ae8584caa73b;
    private const ulong Mix2 = 0x3c6ef372fe94f82b;
    private const ulong Mix3 = 0xa54ff53a5f1d36f1;
    private const ulong Mix4 = 0x510e527fade682d1;

    public static ulong OfEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ulong seed = Fold((ulong)key.Length ^ Mix0, (ulong)value.Length ^ Mix1);
        ulong hash = Absorb(Absorb(seed, key), value);
        hash ^= hash >> 32;
        hash *= Mix4;
        return hash ^ (hash >> 29);
    }

    // Compiled fully at the first call: a start over a long log is over before the runtime would get round to it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Absorb(ulong seed, ReadOnlySpan<byte> data)
    {
        ulong left = seed ^ Mix2;
        ulong right = seed ^ Mix3;
        for (; data.Length >= 32; data = data[32..])
        {
            left = Step(left, Word(data), Word(data[8..]));
            right = Step(right, Word(data[16..]), Word(data[24..]));
        }
        if (!data.IsEmpty)
        {
            Span<byte> padded = stackalloc byte[32];
            padded.Clear();
            data.CopyTo(padded);
            left = Step(left, Word(padded), Word(padded[8..]));
            right = Step(right, Word(padded[16..]), Word(padded[24..]));
        }
        return Step(left, right, Mix0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Step(ulong lane, ulong first, ulong second) =>
        BitOperations.RotateLeft(lane, 23) + Fold(first ^ lane ^ Mix1, second ^ Mix2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ReadOnlySpan<byte> data)
    {
        ulong word = MemoryMarshal.Read<ulong>(data);
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }
}
