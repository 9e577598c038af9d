using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Chorus.Common.Log;

/// <summary>
/// Checksums and chains of records that are verified one after the other. Each chain depends on what the record before
/// claims, not on what is computed, so those of two records are independent: computed side by side they take little
/// more time than one, for a processor waits for each step of a chain.
/// </summary>
internal struct RecordSums
{
    private bool _hasNext;
    private int _nextLength;
    private ulong _nextPrevious;
    private uint _nextCrc;
    private ulong _nextChain;

    /// <summary>Computes what a record must claim.</summary>
    /// <param name="previousChain">Chain of the record before it.</param>
    /// <param name="record">The whole record.</param>
    /// <param name="behind">
    /// What stands behind it in memory: if a whole record, it must be the one of the next call, with the same bytes,
    /// unless <see cref="Forget"/> is called.
    /// </param>
    /// <param name="crc">Its checksum.</param>
    /// <param name="chain">Its chain.</param>
    public void Compute(
        ulong previousChain, ReadOnlySpan<byte> record, ReadOnlySpan<byte> behind, out uint crc, out ulong chain)
    {
        if (_hasNext && _nextLength == record.Length && _nextPrevious == previousChain)
        {
            (crc, chain) = (_nextCrc, _nextChain);
            _hasNext = false;
            return;
        }
        _hasNext = behind.Length >= RecordHeader.SizeBytes
            && RecordCodec.Length(behind) is >= RecordHeader.SizeBytes and uint length
            && length <= (uint)behind.Length;
        if (!_hasNext)
        {
            crc = Crc32C.Compute(record[RecordCodec.IndexAt..]);
            chain = RecordCodec.Chain(previousChain, record);
            return;
        }
        _nextLength = (int)RecordCodec.Length(behind);
        _nextPrevious = RecordCodec.Header(record).Chain;
        Both(
            previousChain, record, _nextPrevious, behind[.._nextLength], out crc, out chain, out _nextCrc,
            out _nextChain);
    }

    /// <summary>Forgets what was computed of the next record.</summary>
    public void Forget() => _hasNext = false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Both(
        ulong previousA, ReadOnlySpan<byte> a, ulong previousB, ReadOnlySpan<byte> b, out uint outCrcA,
        out ulong outChainA, out uint outCrcB, out ulong outChainB)
    {
        uint crcA = BeginCrc(a), crcB = BeginCrc(b);
        ulong chainA = RecordCodec.BeginChain(previousA, a), chainB = RecordCodec.BeginChain(previousB, b);
        ReadOnlySpan<byte> restA = a[RecordHeader.SizeBytes..], restB = b[RecordHeader.SizeBytes..];
        int words = Math.Min(restA.Length, restB.Length) / sizeof(ulong);
        for (int i = 0; i < words; i++)
        {
            ulong wordA = BinaryPrimitives.ReadUInt64LittleEndian(restA[(i * sizeof(ulong))..]);
            ulong wordB = BinaryPrimitives.ReadUInt64LittleEndian(restB[(i * sizeof(ulong))..]);
            crcA = BitOperations.Crc32C(crcA, wordA);
            crcB = BitOperations.Crc32C(crcB, wordB);
            chainA = RecordCodec.Step(chainA, wordA);
            chainB = RecordCodec.Step(chainB, wordB);
        }
        outCrcA = Crc32C.Compute(restA[(words * sizeof(ulong))..], ~crcA);
        outCrcB = Crc32C.Compute(restB[(words * sizeof(ulong))..], ~crcB);
        outChainA = RecordCodec.EndChain(chainA, restA[(words * sizeof(ulong))..]);
        outChainB = RecordCodec.EndChain(chainB, restB[(words * sizeof(ulong))..]);
    }

    /// <summary>The checksum behind the header, not complemented yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint BeginCrc(ReadOnlySpan<byte> record)
    {
        uint crc = uint.MaxValue;
        for (int at = RecordCodec.IndexAt; at < RecordHeader.SizeBytes; at += sizeof(ulong))
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(record[at..]));
        return crc;
    }
}
