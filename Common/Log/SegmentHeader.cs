using System.Buffers.Binary;
using System.Globalization;
using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// First block of a segment file, little-endian: magic u64, format u32, crc32c u32 (of the bytes behind it), cluster
/// id 16 bytes, sequence u64, first index u64, then chain u64, term u64 and time i64 of the record before the first.
/// </summary>
internal readonly record struct SegmentHeader(
    Guid ClusterId, ulong Sequence, ulong First, ulong PreviousChain, ulong PreviousTerm, long PreviousTimeMicros)
{
    /// <summary>Bytes before the first batch mark: a page, so that no later write touches the header's.</summary>
    public const int BlockBytes = 4096;

    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const uint Format = 1;

    /// <summary>Name of the file that is prepared for the next segment.</summary>
    public const string SpareName = "segment-spare";

    /// <summary>Name of that file while it is being made.</summary>
    public const string SpareTempName = "segment-spare.tmp";

    private const ulong Magic = 0x474F_4C53_5248_4331; // "1CHRSLOG" read backwards
    private const int UsedBytes = 72;
    private const string NamePrefix = "segment-";
    private const string NameSuffix = ".log";

    /// <summary>Name of the segment's file.</summary>
    public string Name => NameOf(Sequence);

    /// <summary>Name of the file of a sequence number.</summary>
    public static string NameOf(ulong sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{sequence:x16}{NameSuffix}");

    /// <summary>Reads the sequence number out of a file name; false for other files.</summary>
    public static bool TryParseName(string name, out ulong sequence)
    {
        sequence = 0;
        return name.StartsWith(NamePrefix, StringComparison.Ordinal)
            && name.EndsWith(NameSuffix, StringComparison.Ordinal)
            && name.Length == NamePrefix.Length + 16 + NameSuffix.Length
            && ulong.TryParse(
                name.AsSpan(NamePrefix.Length, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out sequence);
    }

    /// <summary>Writes the block and returns its crc, which salts the batch marks of the segment.</summary>
    public uint Encode(Span<byte> block)
    {
        block.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Format);
        ClusterId.TryWriteBytes(block[16..]);
        BinaryPrimitives.WriteUInt64LittleEndian(block[32..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(block[40..], First);
        BinaryPrimitives.WriteUInt64LittleEndian(block[48..], PreviousChain);
        BinaryPrimitives.WriteUInt64LittleEndian(block[56..], PreviousTerm);
        BinaryPrimitives.WriteInt64LittleEndian(block[64..], PreviousTimeMicros);
        uint crc = Crc32C.Compute(block[16..UsedBytes]);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], crc);
        return crc;
    }

    /// <summary>Reads a block.</summary>
    /// <param name="block">First bytes of the file.</param>
    /// <param name="header">What it says.</param>
    /// <param name="crc">Its crc.</param>
    /// <returns>Null, or what is wrong.</returns>
    public static string? Decode(ReadOnlySpan<byte> block, out SegmentHeader header, out uint crc)
    {
        header = default;
        crc = 0;
        if (block.Length < UsedBytes || BinaryPrimitives.ReadUInt64LittleEndian(block) != Magic)
            return "it does not begin like a segment of the log";
        uint format = BinaryPrimitives.ReadUInt32LittleEndian(block[8..]);
        crc = BinaryPrimitives.ReadUInt32LittleEndian(block[12..]);
        if (format == 0 || crc != Crc32C.Compute(block[16..UsedBytes]))
            return "the checksum of its header does not match";
        if (format > Format)
            return $"it has format {format}, this version reads up to {Format}: it was made by a newer Chorus";
        header = new SegmentHeader(
            new Guid(block[16..32]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[56..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[64..]));
        return null;
    }

    /// <summary>Reads the block of a file.</summary>
    /// <param name="file">A file that may be a segment.</param>
    /// <param name="header">What it says.</param>
    /// <param name="crc">Its crc.</param>
    /// <param name="newerFormat">
    /// The file's format where it is newer than this version's; otherwise 0. The checksum has its place, and what it
    /// covers, in every format.
    /// </param>
    /// <returns>Null, or what is wrong.</returns>
    public static string? Read(IStorageFile file, out SegmentHeader header, out uint crc, out uint newerFormat)
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        block = block[..file.Read(0, block)];
        string? error = Decode(block, out header, out crc);
        bool isSound = block.Length >= UsedBytes && BinaryPrimitives.ReadUInt64LittleEndian(block) == Magic
            && crc == Crc32C.Compute(block[16..UsedBytes]);
        uint format = isSound ? BinaryPrimitives.ReadUInt32LittleEndian(block[8..]) : 0;
        newerFormat = format > Format ? format : 0;
        return error;
    }

    /// <summary>Takes out those that newer ones supersede, from their first index on.</summary>
    /// <param name="segments">By rising number.</param>
    /// <param name="headerOf">Their headers.</param>
    /// <returns>What was taken out, the newest first.</returns>
    public static List<T> TakeSuperseded<T>(List<T> segments, Func<T, SegmentHeader> headerOf)
    {
        var taken = new List<T>();
        ulong first = ulong.MaxValue;
        for (int i = segments.Count - 1; i >= 0; i--)
        {
            if (headerOf(segments[i]).First < first)
            {
                first = headerOf(segments[i]).First;
                continue;
            }
            taken.Add(segments[i]);
            segments.RemoveAt(i);
        }
        return taken;
    }

    /// <summary>The header as the record before the first one, from which the chain goes on.</summary>
    public RecordHeader Previous => new(
        0, new LogIndex(First - 1), new Term(PreviousTerm), PreviousChain, PreviousTimeMicros, RecordKind.NoOp);
}
