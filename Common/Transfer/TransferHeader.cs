using System.Buffers.Binary;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// First frame of every message of Transfer, 88 bytes, little-endian: 0 version u8 (1), 1 type u8, 2 content u8,
/// 3 refusal u8, 4 count u32, 8 cluster id (16 bytes), 24 stream u64, 32 first u64, 40 until u64, 48 chain u64,
/// 56 limit u64, 64 position i64, 72 length i64, 80 credit u32, 84 flags u32 (1: the chain is known, 2: a newer
/// snapshot is wanted, 4: one may come while it is taken). The second frame is the body, where the type has one. What a
/// type does not use is zero.
/// </summary>
public readonly record struct TransferHeader
{
    /// <summary>Bytes of an encoded header.</summary>
    public const int SizeBytes = 88;

    /// <summary>Version that this code writes and reads.</summary>
    public const byte Version = 1;

    private const uint ChainFlag = 1;
    private const uint NewerFlag = 2;
    private const uint GrowingFlag = 4;

    /// <summary>What the message is.</summary>
    public required TransferMessageType Type { get; init; }

    /// <summary>What the stream carries. Open, Chunk, End, Refused.</summary>
    public TransferContent Content { get; init; }

    /// <summary>Why not. Refused.</summary>
    public TransferRefusal Refusal { get; init; }

    /// <summary>
    /// Chunk: records in the body; with 0 and no body it is a sign of life, which takes no credit. Open: most bytes of
    /// a chunk; a single record or slot may be longer.
    /// </summary>
    public uint Count { get; init; }

    /// <summary>
    /// The cluster; in Open and Describe <see cref="Guid.Empty"/> for whichever the source belongs to.
    /// </summary>
    public Guid ClusterId { get; init; }

    /// <summary>Chosen by the receiver, unique among its streams; echoed. Report: the observer's incarnation.</summary>
    public ulong Stream { get; init; }

    /// <summary>
    /// Open: first index wanted; least index of a snapshot. Chunk: index of the first record; of the first that the
    /// chunk covers (content Compact); of the snapshot; from which on the log must be applied to the copy (content
    /// Image, also End). End: index behind the last record of the range. Refused: first index kept. Report: last
    /// durable index.
    /// </summary>
    public LogIndex First { get; init; }

    /// <summary>
    /// Open: index behind the last one wanted; 0 for all that there is now; the largest value to go on for ever with
    /// what is still to be committed. Chunk: index behind the last one that this chunk covers. Refused: index of the
    /// newest snapshot that covers what is missing; 0 when there is none.
    /// </summary>
    public LogIndex Until { get; init; }

    /// <summary>
    /// Open: chain of the receiver's last record, or maker of the snapshot to go on with, where <see
    /// cref="IsChainKnown"/>. Chunk: chain of the record before
    /// the first (content Log), CRC-32C of the body (content Image and Snapshot). Report: chain of the last durable
    /// record.
    /// </summary>
    public ulong Chain { get; init; }

    /// <summary>
    /// Last index that the source may send at the moment: committed and durable there. Chunk, End, Refused. End of
    /// content Image: last index that must be applied to the copy before it is a state.
    /// </summary>
    public LogIndex Limit { get; init; }

    /// <summary>
    /// Content Image and Snapshot: offset of the body in the file; Open: offset from which on it is wanted. Report:
    /// time of the last durable record, microseconds since 1970.
    /// </summary>
    public long Position { get; init; }

    /// <summary>
    /// Content Image and Snapshot: length of the whole file; 0 while it is not known, to whom <see
    /// cref="IsGrowingTaken"/>.
    /// </summary>
    public long Length { get; init; }

    /// <summary>Chunks that the source may send from now on. Open, Credit.</summary>
    public uint Credit { get; init; }

    /// <summary>Whether <see cref="Chain"/> means something. Open.</summary>
    public bool IsChainKnown { get; init; }

    /// <summary>
    /// Whether the receiver would rather wait for a newer snapshot, where much log has come behind the newest one.
    /// Open, content Snapshot, from the beginning.
    /// </summary>
    public bool IsNewerWanted { get; init; }

    /// <summary>
    /// Whether a snapshot may be sent while it is taken, so that its length is known only at the end. Open, content
    /// Snapshot.
    /// </summary>
    public bool IsGrowingTaken { get; init; }

    /// <summary>Writes the header.</summary>
    /// <param name="into">At least <see cref="SizeBytes"/> bytes.</param>
    public void Encode(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(
            into, Version | (uint)Type << 8 | (uint)Content << 16 | (uint)Refusal << 24);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], Count);
        ClusterId.TryWriteBytes(into[8..]);
        BinaryPrimitives.WriteUInt64LittleEndian(into[24..], Stream);
        BinaryPrimitives.WriteUInt64LittleEndian(into[32..], First.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(into[40..], Until.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(into[48..], Chain);
        BinaryPrimitives.WriteUInt64LittleEndian(into[56..], Limit.Value);
        BinaryPrimitives.WriteInt64LittleEndian(into[64..], Position);
        BinaryPrimitives.WriteInt64LittleEndian(into[72..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(into[80..], Credit);
        uint flags = (IsChainKnown ? ChainFlag : 0) | (IsNewerWanted ? NewerFlag : 0)
            | (IsGrowingTaken ? GrowingFlag : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(into[84..], flags);
    }

    /// <summary>What is wrong with bytes that are no header, with the cure where there is one.</summary>
    public static string Objection(ReadOnlySpan<byte> bytes) =>
        bytes.Length == SizeBytes && bytes[0] != Version
            ? $"it speaks version {bytes[0]} of Transfer, this version {Version}: upgrade the older one"
            : "what it sends is no message of Transfer";

    /// <summary>Reads a header; false for anything that is none. Never throws.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out TransferHeader header)
    {
        header = default;
        if (bytes.Length != SizeBytes || bytes[0] != Version)
            return false;
        header = new TransferHeader
        {
            Type = (TransferMessageType)bytes[1],
            Content = (TransferContent)bytes[2],
            Refusal = (TransferRefusal)bytes[3],
            Count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            ClusterId = new Guid(bytes.Slice(8, 16)),
            Stream = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            First = new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])),
            Until = new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..])),
            Chain = BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
            Limit = new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[56..])),
            Position = BinaryPrimitives.ReadInt64LittleEndian(bytes[64..]),
            Length = BinaryPrimitives.ReadInt64LittleEndian(bytes[72..]),
            Credit = BinaryPrimitives.ReadUInt32LittleEndian(bytes[80..]),
            IsChainKnown = (bytes[84] & ChainFlag) != 0,
            IsNewerWanted = (bytes[84] & NewerFlag) != 0,
            IsGrowingTaken = (bytes[84] & GrowingFlag) != 0,
        };
        return Enum.IsDefined(header.Type);
    }
}
