using System.Buffers.Binary;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Bytes of a slot, little-endian: 0 crc32c u32 of the header's other bytes, 4 kind u8, 5 zeros (3 bytes), 8 index of
/// the entry that wrote it u64, 16 key u64, 24 hash of key and value u64, 32 length of the value u32, 36 zeros u32,
/// 40 the value; what follows means nothing. A slot that was never written is zeros.
/// </summary>
/// <remarks>
/// The crc guards the header, the hash guards the value: so a write needs to read no more than the header of what stood
/// there before to keep the digest of the state. The header lies within one sector.
/// </remarks>
public static class SlotCodec
{
    private const int KindAt = 4;
    private const int IndexAt = 8;
    private const int KeyAt = 16;
    private const int HashAt = 24;
    private const int LengthAt = 32;

    /// <summary>Hash of a key and its value.</summary>
    public static ulong Hash(long key, ReadOnlySpan<byte> value)
    {
        Span<byte> text = stackalloc byte[20];
        return KvStateMachineDigest.OfEntry(SlotGeometry.KeyText(key, text), value);
    }

    /// <summary>Writes a slot that holds a value.</summary>
    /// <returns>Its bytes, at the start of <paramref name="into"/>.</returns>
    public static ReadOnlySpan<byte> Encode(
        Span<byte> into, long key, LogIndex index, ReadOnlySpan<byte> value, ulong hash)
    {
        EncodeHeader(into, key, new SlotHeader(SlotKind.Value, index, value.Length, hash));
        value.CopyTo(into[SlotHeader.SizeBytes..]);
        return into[..(SlotHeader.SizeBytes + value.Length)];
    }

    /// <summary>Writes a slot.</summary>
    /// <returns>Bytes that it takes at the start of <paramref name="into"/>.</returns>
    public static int Encode(Span<byte> into, long key, in SlotHeader header, ReadOnlySpan<byte> value)
    {
        EncodeHeader(into, key, header);
        value.CopyTo(into[SlotHeader.SizeBytes..]);
        return SlotHeader.SizeBytes + value.Length;
    }

    /// <summary>Writes a slot whose value was deleted.</summary>
    /// <returns>Its bytes, at the start of <paramref name="into"/>.</returns>
    public static ReadOnlySpan<byte> EncodeDeleted(Span<byte> into, long key, LogIndex index)
    {
        EncodeHeader(into, key, new SlotHeader(SlotKind.Deleted, index, 0, 0));
        return into[..SlotHeader.SizeBytes];
    }

    /// <summary>Reads a header, without its value.</summary>
    /// <param name="bytes">At least <see cref="SlotHeader.SizeBytes"/> bytes.</param>
    /// <param name="key">Number of the slot.</param>
    /// <param name="valueBytesMax">Longest value that the slot can hold.</param>
    public static SlotHeader DecodeHeader(ReadOnlySpan<byte> bytes, long key, int valueBytesMax)
    {
        ReadOnlySpan<byte> header = bytes[..SlotHeader.SizeBytes];
        if (!header.ContainsAnyExcept((byte)0))
            return default;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[LengthAt..]);
        var kind = (SlotKind)header[KindAt];
        bool isSound = BinaryPrimitives.ReadUInt32LittleEndian(header) == Crc32C.Compute(header[KindAt..])
            && kind is SlotKind.Value or SlotKind.Deleted
            && BinaryPrimitives.ReadUInt64LittleEndian(header[KeyAt..]) == (ulong)key
            && length <= (uint)valueBytesMax;
        if (!isSound)
            return new SlotHeader(SlotKind.Damaged, LogIndex.Zero, 0, 0);
        return new SlotHeader(
            kind, new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(header[IndexAt..])), (int)length,
            BinaryPrimitives.ReadUInt64LittleEndian(header[HashAt..]));
    }

    /// <summary>Reads a slot and verifies its value.</summary>
    /// <param name="slot">Header and value at least.</param>
    /// <param name="key">Number of the slot.</param>
    /// <param name="valueBytesMax">Longest value that the slot can hold.</param>
    public static SlotHeader Decode(ReadOnlySpan<byte> slot, long key, int valueBytesMax)
    {
        SlotHeader header = DecodeHeader(slot, key, valueBytesMax);
        if (header.Kind == SlotKind.Value && Hash(key, slot.Slice(SlotHeader.SizeBytes, header.Length)) != header.Hash)
            return header with { Kind = SlotKind.Damaged };
        return header;
    }

    private static void EncodeHeader(Span<byte> into, long key, in SlotHeader header)
    {
        into = into[..SlotHeader.SizeBytes];
        into.Clear();
        into[KindAt] = (byte)header.Kind;
        BinaryPrimitives.WriteUInt64LittleEndian(into[IndexAt..], header.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(into[KeyAt..], (ulong)key);
        BinaryPrimitives.WriteUInt64LittleEndian(into[HashAt..], header.Hash);
        BinaryPrimitives.WriteUInt32LittleEndian(into[LengthAt..], (uint)header.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(into, Crc32C.Compute(into[KindAt..]));
    }
}
