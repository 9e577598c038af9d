using System.Buffers.Binary;

namespace Chorus.Common.Snapshots;

/// <summary>The last piece of a snapshot; without it the file is none.</summary>
/// <param name="Pieces">Pieces before it, of all sections.</param>
/// <param name="Bytes">Bytes of those, without what frames them.</param>
/// <param name="Digest">Digest of the state machine at the snapshot's index.</param>
public readonly record struct SnapshotFooter(ulong Pieces, ulong Bytes, ulong Digest)
{
    /// <summary>Bytes of the piece.</summary>
    public const int SizeBytes = 24;

    /// <summary>Writes it, little-endian: pieces u64, bytes u64, digest u64.</summary>
    /// <param name="into">At least <see cref="SizeBytes"/>.</param>
    public void Encode(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(into, Pieces);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], Bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(into[16..], Digest);
    }

    /// <summary>Reads it.</summary>
    /// <param name="bytes">At least <see cref="SizeBytes"/>.</param>
    public static SnapshotFooter Decode(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
}
