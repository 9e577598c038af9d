using System.Buffers.Binary;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// A checkpoint of a file of slots: every entry up to an index is durable in them. Two blocks at the start of the file
/// are written in turn, so one of them is always whole.
/// </summary>
/// <param name="Owner">Whose the file is.</param>
/// <param name="Sequence">Number of the checkpoint; the higher one counts.</param>
/// <param name="Applied">Last index whose effect is in the slots.</param>
/// <param name="Count">Keys with a value at that index.</param>
/// <param name="Digest">Digest of the state at that index.</param>
/// <remarks>
/// Little-endian: 0 magic u32, 4 crc32c u32 of bytes 8 to 87, 8 format u32, 12 flags u32 (1: volatile), 16 sequence
/// u64, 24 cluster (16 bytes), 40 incarnation u64, 48 slots u64, 56 bytes of a slot u32, 60 zeros u32, 64 applied
/// index u64, 72 count u64, 80 digest u64; the rest of the block is zeros.
/// </remarks>
public sealed record SlotSuperblock(SlotFileOwner Owner, ulong Sequence, LogIndex Applied, long Count, ulong Digest)
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = 4096;

    /// <summary>Newest format that this code reads.</summary>
    public const uint Format = 2;

    private const uint Magic = 0x5353_4331; // "1CSS"
    private const int UsedBytes = 88;

    /// <summary>Writes the block.</summary>
    /// <param name="block">Exactly <see cref="BlockBytes"/>.</param>
    public void Encode(Span<byte> block)
    {
        block.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Format);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], Owner.IsVolatile ? 1u : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(block[16..], Sequence);
        Owner.ClusterId.TryWriteBytes(block[24..]);
        BinaryPrimitives.WriteUInt64LittleEndian(block[40..], Owner.Incarnation);
        BinaryPrimitives.WriteInt64LittleEndian(block[48..], Owner.Geometry.Slots);
        BinaryPrimitives.WriteInt32LittleEndian(block[56..], Owner.Geometry.SlotBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(block[64..], Applied.Value);
        BinaryPrimitives.WriteInt64LittleEndian(block[72..], Count);
        BinaryPrimitives.WriteUInt64LittleEndian(block[80..], Digest);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], Crc32C.Compute(block[8..UsedBytes]));
    }

    /// <summary>Reads a block; null for one that is torn or none.</summary>
    /// <param name="block">At least 88 bytes.</param>
    /// <param name="format">Format that it was written in; what a newer one holds is not known.</param>
    public static SlotSuperblock? Decode(ReadOnlySpan<byte> block, out uint format)
    {
        format = 0;
        if (BinaryPrimitives.ReadUInt32LittleEndian(block) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(block[4..]) != Crc32C.Compute(block[8..UsedBytes]))
            return null;
        format = BinaryPrimitives.ReadUInt32LittleEndian(block[8..]);
        var owner = new SlotFileOwner(
            new SlotGeometry(
                BinaryPrimitives.ReadInt64LittleEndian(block[48..]),
                BinaryPrimitives.ReadInt32LittleEndian(block[56..])),
            new Guid(block.Slice(24, 16)),
            BinaryPrimitives.ReadUInt64LittleEndian(block[40..]),
            (block[12] & 1) != 0);
        return new SlotSuperblock(
            owner,
            BinaryPrimitives.ReadUInt64LittleEndian(block[16..]),
            new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(block[64..])),
            BinaryPrimitives.ReadInt64LittleEndian(block[72..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[80..]));
    }
}
