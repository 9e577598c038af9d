using System.Buffers.Binary;

namespace Chorus.Common.Log;

/// <summary>
/// The 32 bytes before the records of each disk batch: magic u32, crc32c u32 (of the rest, going on from the crc of
/// the segment's header), segment sequence u64, index of the batch's first record u64, position in the file u64.
/// </summary>
/// <remarks>
/// A batch is written only after the one before it is durable. So a valid mark behind a damaged record proves that
/// the record was acknowledged, and its absence that the record belongs to the last batch, which nobody has counted
/// on unless it became durable as a whole (trap 6). Magic is no possible length of a record.
/// </remarks>
internal static class BatchMark
{
    /// <summary>Bytes of a mark.</summary>
    public const int SizeBytes = 32;

    /// <summary>First bytes of a mark.</summary>
    public const uint Magic = 0xF1E2_D3C4;

    /// <summary>Writes a mark.</summary>
    public static void Encode(Span<byte> into, uint salt, ulong sequence, ulong first, long position)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(into[16..], first);
        BinaryPrimitives.WriteUInt64LittleEndian(into[24..], (ulong)position);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], Crc32C.Compute(into[8..SizeBytes], salt));
    }

    /// <summary>Whether a valid mark of a segment stands at a position.</summary>
    /// <param name="bytes">What stands there.</param>
    /// <param name="salt">Crc of the segment's header.</param>
    /// <param name="sequence">Sequence number of the segment.</param>
    /// <param name="position">Position in the file.</param>
    /// <param name="first">Index that the mark names.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, uint salt, ulong sequence, long position, out ulong first)
    {
        first = 0;
        if (bytes.Length < SizeBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return false;
        first = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == Crc32C.Compute(bytes[8..SizeBytes], salt)
            && BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) == sequence
            && BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]) == (ulong)position;
    }

    /// <summary>
    /// Looks for a valid mark of a segment that names a record behind one: a proof that what lies before it was
    /// durable.
    /// </summary>
    /// <param name="cursor">Where to begin looking; stands at the mark afterwards.</param>
    /// <param name="salt">Crc of the segment's header.</param>
    /// <param name="sequence">Sequence number of the segment.</param>
    /// <param name="behind">Marks that name this index or an earlier one do not count.</param>
    /// <param name="first">Index that the mark names.</param>
    public static bool Find(FileCursor cursor, uint salt, ulong sequence, ulong behind, out ulong first)
    {
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, Magic);
        while (true)
        {
            ReadOnlySpan<byte> bytes = cursor.Peek(SizeBytes);
            first = 0;
            if (bytes.Length < SizeBytes)
                return false;
            int found = bytes.IndexOf(magic);
            if (found < 0)
                cursor.Advance(bytes.Length - (magic.Length - 1));
            else if (found > 0)
                cursor.Advance(found);
            else if (TryDecode(bytes, salt, sequence, cursor.Position, out first) && first > behind)
                return true;
            else
                cursor.Advance(1);
        }
    }
}
