using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Bytes of a record. Offsets: 0 length, 4 crc, 8 index, 16 term, 24 chain, 32 time, 40 kind, 41 flags, 42 reserved
/// (zero), 48 payload. The crc covers everything from offset 8 on.
/// </summary>
/// <remarks>
/// Chain: <c>h</c> starts as the chain of the previous record, 0 before the first; for each 64-bit little-endian word
/// <c>w</c> of index, term, time, <c>payload length | kind &lt;&lt; 32 | flags &lt;&lt; 40</c> and then the payload
/// (padded with zeros to a whole word): <c>p = (h ^ w ^ K2) * K1</c>, 128 bits wide, and
/// <c>h = rotateLeft(h, 29) + (low(p) ^ high(p))</c>.
/// </remarks>
public static class RecordCodec
{
    /// <summary>Multiplier of the chain.</summary>
    public const ulong ChainMultiplier = 0x9E3779B97F4A7C15;

    /// <summary>Mixed into every word of the chain, so that runs of zeros count.</summary>
    public const ulong ChainMask = 0xD6E8FEB86659FD93;

    /// <summary>Where the index stands, and what the checksum covers begins.</summary>
    internal const int IndexAt = 8;

    private const int CrcAt = 4;
    private const int TermAt = 16;
    private const int ChainAt = 24;
    private const int TimeAt = 32;
    private const int KindAt = 40;
    private const int FlagsAt = 41;

    /// <summary>Writes a record.</summary>
    /// <param name="into">Exactly the length of the record.</param>
    /// <param name="index">Its index.</param>
    /// <param name="term">Its term.</param>
    /// <param name="previousChain">Chain of the record before it.</param>
    /// <param name="timeMicros">Its time.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="payload">Its payload.</param>
    /// <returns>Its chain.</returns>
    public static ulong Encode(
        Span<byte> into, LogIndex index, Term term, ulong previousChain, long timeMicros, RecordKind kind,
        ReadOnlySpan<byte> payload)
    {
        payload.CopyTo(into[RecordHeader.SizeBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(into, (uint)into.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(into[IndexAt..], index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(into[TermAt..], term.Value);
        BinaryPrimitives.WriteInt64LittleEndian(into[TimeAt..], timeMicros);
        BinaryPrimitives.WriteUInt64LittleEndian(into[KindAt..], (byte)kind);
        ulong chain = Chain(previousChain, into);
        BinaryPrimitives.WriteUInt64LittleEndian(into[ChainAt..], chain);
        BinaryPrimitives.WriteUInt32LittleEndian(into[CrcAt..], Crc32C.Compute(into[IndexAt..]));
        return chain;
    }

    /// <summary>Length of the whole record that begins here, unchecked.</summary>
    public static uint Length(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record);

    /// <summary>Header of the record that begins here, unchecked.</summary>
    /// <param name="record">At least 48 bytes.</param>
    public static RecordHeader Header(ReadOnlySpan<byte> record) => new(
        (int)Length(record) - RecordHeader.SizeBytes,
        new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(record[IndexAt..])),
        new Term(BinaryPrimitives.ReadUInt64LittleEndian(record[TermAt..])),
        BinaryPrimitives.ReadUInt64LittleEndian(record[ChainAt..]),
        BinaryPrimitives.ReadInt64LittleEndian(record[TimeAt..]),
        (RecordKind)record[KindAt]);

    /// <summary>Whether the checksum of a record is right.</summary>
    /// <param name="record">The whole record.</param>
    public static bool CrcMatches(ReadOnlySpan<byte> record) => CrcOf(record) == Crc32C.Compute(record[IndexAt..]);

    /// <summary>The checksum that a record claims.</summary>
    internal static uint CrcOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[CrcAt..]);

    /// <summary>Whether the parts without a meaning yet are zero; otherwise a newer Chorus wrote the record.</summary>
    public static bool ReservedIsZero(ReadOnlySpan<byte> record) =>
        BinaryPrimitives.ReadUInt64LittleEndian(record[KindAt..]) <= byte.MaxValue;

    /// <summary>Computes the chain of a record from that of the one before it.</summary>
    /// <param name="previous">Chain of the previous record; 0 before the first.</param>
    /// <param name="record">The whole record; what stands in its chain field does not matter.</param>
    public static ulong Chain(ulong previous, ReadOnlySpan<byte> record) =>
        EndChain(BeginChain(previous, record), record[RecordHeader.SizeBytes..]);

    /// <summary>The chain behind everything but the payload.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong BeginChain(ulong previous, ReadOnlySpan<byte> record)
    {
        ulong shape = (uint)(record.Length - RecordHeader.SizeBytes) | (ulong)record[KindAt] << 32
            | (ulong)record[FlagsAt] << 40;
        ulong h = Step(previous, BinaryPrimitives.ReadUInt64LittleEndian(record[IndexAt..]));
        h = Step(h, BinaryPrimitives.ReadUInt64LittleEndian(record[TermAt..]));
        h = Step(h, BinaryPrimitives.ReadUInt64LittleEndian(record[TimeAt..]));
        return Step(h, shape);
    }

    /// <summary>The chain behind the payload, or behind the rest of it from a whole word on.</summary>
    // Compiled fully at the first call: a start over a long log is over before the runtime would get round to it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static ulong EndChain(ulong h, ReadOnlySpan<byte> rest)
    {
        while (rest.Length >= sizeof(ulong))
        {
            h = Step(h, BinaryPrimitives.ReadUInt64LittleEndian(rest));
            rest = rest[sizeof(ulong)..];
        }
        if (rest.Length > 0)
        {
            ulong last = 0;
            for (int i = 0; i < rest.Length; i++)
                last |= (ulong)rest[i] << (8 * i);
            h = Step(h, last);
        }
        return h;
    }

    /// <summary>Adds a word to a chain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Step(ulong h, ulong word)
    {
        ulong high = Math.BigMul(h ^ word ^ ChainMask, ChainMultiplier, out ulong low);
        return BitOperations.RotateLeft(h, 29) + (high ^ low);
    }
}
