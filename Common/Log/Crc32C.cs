using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Chorus.Common.Log;

/// <summary>CRC-32C (Castagnoli) as iSCSI and ext4 compute it: start all ones, reflected, final complement.</summary>
/// <remarks>
/// The processor's own instruction waits three cycles for each word. Long runs are folded instead, where carry-less
/// multiplication is there: four lanes of 128 bits, each multiplied by the power of x by which the next 64 bytes lie
/// behind it, modulo the polynomial. What is left of them has the same checksum as all bytes before.
/// </remarks>
public static class Crc32C
{
    private const int LaneBytes = 16;
    private const int Lanes = 4;
    private const int FoldedBytesMin = 256;
    private const uint Polynomial = 0x82F63B78;

    private static readonly Vector128<ulong> FourLanes = Factors(Lanes * LaneBytes);
    private static readonly Vector128<ulong> OneLane = Factors(LaneBytes);

    /// <summary>Checksum of some bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="previous">Checksum of the bytes before them, to go on from; 0 at the start.</param>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        uint crc = ~previous;
        if (bytes.Length >= FoldedBytesMin && Pclmulqdq.IsSupported)
            crc = Fold(ref bytes, crc);
        return ~OneByOne(bytes, crc);
    }

    // Compiled fully at the first call: a start over a long log is over before the runtime would get round to it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static uint OneByOne(ReadOnlySpan<byte> bytes, uint crc)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    /// <summary>Takes in all whole blocks of four lanes, and leaves the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Fold(ref ReadOnlySpan<byte> bytes, uint crc)
    {
        ReadOnlySpan<Vector128<ulong>> lanes = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
        lanes = lanes[..(lanes.Length / Lanes * Lanes)];
        bytes = bytes[(lanes.Length * LaneBytes)..];
        Vector128<ulong> a = lanes[0] ^ Vector128.CreateScalar((ulong)crc), b = lanes[1], c = lanes[2], d = lanes[3];
        Vector128<ulong> factors = FourLanes;
        for (int i = Lanes; i <= lanes.Length - Lanes; i += Lanes)
        {
            a = Multiply(a, factors) ^ lanes[i];
            b = Multiply(b, factors) ^ lanes[i + 1];
            c = Multiply(c, factors) ^ lanes[i + 2];
            d = Multiply(d, factors) ^ lanes[i + 3];
        }
        factors = OneLane;
        a = Multiply(a, factors) ^ b;
        a = Multiply(a, factors) ^ c;
        a = Multiply(a, factors) ^ d;
        return BitOperations.Crc32C(BitOperations.Crc32C(0, a.GetElement(0)), a.GetElement(1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Multiply(Vector128<ulong> lane, Vector128<ulong> factors) =>
        Pclmulqdq.CarrylessMultiply(lane, factors, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, factors, 0x11);

    // The lower half of a lane lies 64 bits before the upper one. Products of reflected numbers come out one bit low.
    private static Vector128<ulong> Factors(int bytes) =>
        Vector128.Create(Power((8 * bytes) + 63), Power((8 * bytes) - 1));

    /// <summary>A power of x modulo the polynomial, reflected, in the upper half of a word.</summary>
    private static ulong Power(int exponent)
    {
        uint power = 1u << 31;
        while (exponent-- > 0)
            power = power >> 1 ^ ((power & 1) == 0 ? 0 : Polynomial);
        return (ulong)power << 32;
    }
}
