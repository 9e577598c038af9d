using System.Buffers.Binary;
using Chorus.Common.Log;

namespace Chorus.Common.Snapshots;

/// <summary>
/// The 16 bytes before each piece of a snapshot, little-endian: length of the piece u32, crc32c u32, number of the
/// piece u32 from 0, section u8, zeros. The checksum covers them and the piece, and goes on from that of the header,
/// so that a piece of another snapshot, or at another place, is none.
/// </summary>
internal readonly record struct SnapshotFrame(int Length, uint Crc, uint Number, SnapshotSection Section)
{
    public const int SizeBytes = 16;

    /// <summary>Longest piece: the largest entry of a state fits.</summary>
    public const int PieceBytesMax = 64 << 20;

    /// <summary>Frames a piece.</summary>
    public static void Encode(
        Span<byte> into, ReadOnlySpan<byte> piece, uint number, SnapshotSection section, uint headerCrc)
    {
        into[..SizeBytes].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(into, piece.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(into[8..], number);
        into[12] = (byte)section;
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], Sum(into, piece, headerCrc));
    }

    /// <summary>Reads a frame; the piece is verified by <see cref="Matches"/>.</summary>
    public static SnapshotFrame Decode(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        (SnapshotSection)bytes[12]);

    /// <summary>Whether a frame and its piece are what was written.</summary>
    public static bool Matches(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> piece, uint headerCrc) =>
        BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]) == Sum(frame, piece, headerCrc);

    private static uint Sum(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> piece, uint headerCrc)
    {
        uint crc = Crc32C.Compute(frame[..4], headerCrc);
        return Crc32C.Compute(piece, Crc32C.Compute(frame[8..SizeBytes], crc));
    }
}
