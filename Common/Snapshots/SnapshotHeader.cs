using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Snapshots;

/// <summary>What a snapshot is of: where the log goes on behind it, and who its members are.</summary>
/// <remarks>
/// Little-endian: 0 magic u32, 4 crc32c u32 of all behind it, 8 format u32, 12 length of the header u32, 16 cluster (16
/// bytes), 32 index u64, 40 term u64, 48 chain u64, 56 time i64, 64 maker u64, 72 index of the configuration u64, 80
/// bytes of the configuration u32, 84 bytes of the state base u32; then the configuration as <see
/// cref="ConfigurationCodec"/> writes it, and the state base in UTF-8.
/// </remarks>
public sealed record SnapshotHeader
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const uint Format = 1;

    /// <summary>Bytes that say how long the header is, and more.</summary>
    public const int FixedBytes = 88;

    /// <summary>Longest header that is believed.</summary>
    public const int SizeBytesMax = 256 << 10;

    private const uint Magic = 0x4E53_4331; // "1CSN"

    /// <summary>The cluster.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>
    /// The last record whose effect is in the snapshot: of it only index, term, chain and time are known.
    /// </summary>
    public required RecordHeader Last { get; init; }

    /// <summary>
    /// Incarnation of the node that made it. With the index it names one sequence of bytes: others' snapshots of the
    /// same index hold the same state in another order.
    /// </summary>
    public required ulong Maker { get; init; }

    /// <summary>The configuration in force at that record.</summary>
    public required ConfigurationEntry Configuration { get; init; }

    /// <summary>What the state machine held before the first entry, in words.</summary>
    public string StateBase { get; init; } = "";

    /// <summary>Index of <see cref="Last"/>.</summary>
    public LogIndex Index => Last.Index;

    /// <summary>Reduces the header of a record to what a snapshot says of it.</summary>
    public static RecordHeader Mark(in RecordHeader record) =>
        record with { PayloadLength = 0, Kind = RecordKind.NoOp };

    /// <summary>Encodes it.</summary>
    public byte[] Encode()
    {
        byte[] configuration = ConfigurationCodec.Encode(Configuration.Configuration);
        byte[] stateBase = Encoding.UTF8.GetBytes(StateBase);
        byte[] bytes = new byte[FixedBytes + configuration.Length + stateBase.Length];
        Check.That(bytes.Length <= SizeBytesMax, "the header of a snapshot is short");
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Format);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), bytes.Length);
        ClusterId.TryWriteBytes(bytes.AsSpan(16));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), Last.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), Last.Term.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(48), Last.Chain);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(56), Last.TimeMicros);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(64), Maker);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(72), Configuration.Index.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(80), configuration.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(84), stateBase.Length);
        configuration.CopyTo(bytes, FixedBytes);
        stateBase.CopyTo(bytes, FixedBytes + configuration.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Compute(bytes.AsSpan(8)));
        return bytes;
    }

    /// <summary>Length of the header that begins with some bytes; 0 where none does.</summary>
    /// <param name="bytes">At least <see cref="FixedBytes"/>.</param>
    /// <param name="newerFormat">The format where it is newer than this version's; otherwise 0.</param>
    public static int LengthOf(ReadOnlySpan<byte> bytes, out uint newerFormat)
    {
        newerFormat = 0;
        if (bytes.Length < FixedBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return 0;
        uint format = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        newerFormat = format > Format ? format : 0;
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        return format >= Format && length is >= FixedBytes and <= SizeBytesMax ? length : 0;
    }

    /// <summary>Whether the checksum of a header fits: it has its place, and what it covers, in every format.</summary>
    /// <param name="bytes">As many as <see cref="LengthOf"/> says.</param>
    public static bool CrcMatches(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == Crc32C.Compute(bytes[8..]);

    /// <summary>Version of its configuration where a newer Chorus wrote it; otherwise, and where it rots, 0.</summary>
    internal static byte NewerConfiguration(ReadOnlySpan<byte> bytes) =>
        LengthOf(bytes, out uint newer) == bytes.Length && newer == 0 && CrcMatches(bytes)
            && ConfigurationCodec.IsNewer(bytes[FixedBytes..])
            && BinaryPrimitives.ReadInt32LittleEndian(bytes[80..]) > 0
            ? bytes[FixedBytes]
            : (byte)0;

    /// <summary>Decodes it; never throws on bad bytes.</summary>
    /// <param name="bytes">As many as <see cref="LengthOf"/> says.</param>
    /// <param name="header">The value.</param>
    /// <param name="error">What is wrong, when the answer is false.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SnapshotHeader? header, out string error)
    {
        header = null;
        error = "its header is no snapshot's";
        if (LengthOf(bytes, out uint newer) != bytes.Length)
            return false;
        error = "the checksum of its header does not match";
        if (newer > 0 || !CrcMatches(bytes))
            return false;
        int configurationBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[80..]);
        int stateBaseBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[84..]);
        error = "its header contradicts itself";
        if (configurationBytes < 0 || stateBaseBytes < 0
            || (long)FixedBytes + configurationBytes + stateBaseBytes != bytes.Length)
            return false;
        if (!ConfigurationCodec.TryDecode(
            bytes.Slice(FixedBytes, configurationBytes), out Configuration? configuration, out error))
            return false;
        header = new SnapshotHeader
        {
            ClusterId = new Guid(bytes[16..32]),
            Last = new RecordHeader(
                0,
                new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])),
                new Term(BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..])),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[56..]),
                RecordKind.NoOp),
            Maker = BinaryPrimitives.ReadUInt64LittleEndian(bytes[64..]),
            Configuration = new ConfigurationEntry(
                new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[72..])), configuration),
            StateBase = Encoding.UTF8.GetString(bytes[(FixedBytes + configurationBytes)..]),
        };
        error = "its header names an impossible place in the log";
        return header.Last.Index > LogIndex.Zero && header.Last.Term > Term.Zero
            && header.Configuration.Index <= header.Last.Index;
    }
}
