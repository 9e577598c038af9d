using System.Buffers;
using System.Buffers.Binary;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Entries of a key-value state in the pieces of a snapshot, one behind the other, little-endian: length of the key
/// u32, length of the value u32, key, value. In no order; no key comes twice. Kvstore and DiskStorage write the same.
/// </summary>
internal static class KvPieces
{
    private const int FrameBytes = 8;

    /// <summary>Bytes that an entry takes.</summary>
    public static int LengthOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        FrameBytes + key.Length + value.Length;

    /// <summary>Writes an entry.</summary>
    public static void Write(IBufferWriter<byte> into, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        int length = LengthOf(key, value);
        Span<byte> bytes = into.GetSpan(length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], value.Length);
        key.CopyTo(bytes[FrameBytes..]);
        value.CopyTo(bytes[(FrameBytes + key.Length)..]);
        into.Advance(length);
    }

    /// <summary>Reads an entry and moves behind it; false for bytes that are none.</summary>
    public static bool TryRead(
        ref ReadOnlySpan<byte> piece, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        key = value = default;
        if (piece.Length < FrameBytes)
            return false;
        uint keyLength = BinaryPrimitives.ReadUInt32LittleEndian(piece);
        uint valueLength = BinaryPrimitives.ReadUInt32LittleEndian(piece[4..]);
        if (keyLength == 0 || (ulong)FrameBytes + keyLength + valueLength > (ulong)piece.Length)
            return false;
        key = piece.Slice(FrameBytes, (int)keyLength);
        value = piece.Slice(FrameBytes + (int)keyLength, (int)valueLength);
        piece = piece[(FrameBytes + (int)keyLength + (int)valueLength)..];
        return true;
    }
}
