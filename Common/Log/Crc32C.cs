using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Chorus.Common.Log;

/// <summary>CRC-32C (Castagnoli) as iSCSI and ext4 compute it: start all ones, reflected, final complement.</summary>
public static class Crc32C
{
    /// <summary>Checksum of some bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="previous">Checksum of the bytes before them, to go on from; 0 at the start.</param>
    // Compiled fully at the first call: a start over a long log is over before the runtime would get round to it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        uint crc = ~previous;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
