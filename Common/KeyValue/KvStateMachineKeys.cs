using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Hashes keys with SipHash-1-3 under a random key, so that nobody can send keys that all fall into one place. The hash
/// decides nothing but where a key is looked for: no order, no answer, no digest.
/// </summary>
internal sealed class KvStateMachineKeys
{
    private readonly ulong _key0;
    private readonly ulong _key1;

    public KvStateMachineKeys()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        _key0 = BinaryPrimitives.ReadUInt64LittleEndian(random);
        _key1 = BinaryPrimitives.ReadUInt64LittleEndian(random[8..]);
    }

    /// <summary>Hash of a key, good in all of its bits.</summary>
    public ulong Hash(ReadOnlySpan<byte> key) => SipHash13(_key0, _key1, key);

    // Compiled fully at the first call: a start over a long log is over before the runtime would get round to it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static ulong SipHash13(ulong key0, ulong key1, ReadOnlySpan<byte> data)
    {
        ulong v0 = key0 ^ 0x736f6d6570736575;
        ulong v1 = key1 ^ 0x646f72616e646f6d;
        ulong v2 = key0 ^ 0x6c7967656e657261;
        ulong v3 = key1 ^ 0x7465646279746573;
        ulong last = (ulong)data.Length << 56;
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
            Absorb(ref v0, ref v1, ref v2, ref v3, BinaryPrimitives.ReadUInt64LittleEndian(data));
        for (int i = 0; i < data.Length; i++)
            last |= (ulong)data[i] << (8 * i);
        Absorb(ref v0, ref v1, ref v2, ref v3, last);
        v2 ^= 0xff;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Absorb(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3, ulong word)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v2 += v3;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
