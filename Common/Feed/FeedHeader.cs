using System.Buffers.Binary;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>
/// Second frame of every message of the feed, 64 bytes, little-endian: 0 version u8 (1), 1 kind u8, 2 role u8, 3 zero,
/// 4 count u32, 8 cluster id (16 bytes), 24 term u64, 32 first index u64, 40 commit index u64, 48 previous chain u64,
/// 56 commit time i64. The third frame holds the records as they stand in the log.
/// </summary>
/// <param name="Kind">What the message carries.</param>
/// <param name="Role">What the publisher is.</param>
/// <param name="ClusterId">The cluster, as the 16 bytes of <see cref="Guid.ToByteArray()"/>.</param>
/// <param name="Term">The publisher's term; of a logger, the term of its last record.</param>
/// <param name="First">Index of the first record; in a heartbeat <paramref name="Commit"/> + 1.</param>
/// <param name="Count">Number of records; 0 in a heartbeat.</param>
/// <param name="Commit">Last index that the publisher knows to be committed (a logger: has made durable).</param>
/// <param name="PreviousChain">Chain of the record before <paramref name="First"/>; 0 before index 1.</param>
/// <param name="CommitTimeMicros">Time of the record at <paramref name="Commit"/>; 0 where there is none.</param>
public readonly record struct FeedHeader(
    FeedMessageKind Kind, FeedRole Role, Guid ClusterId, Term Term, LogIndex First, uint Count, LogIndex Commit,
    ulong PreviousChain, long CommitTimeMicros)
{
    /// <summary>Bytes of an encoded header.</summary>
    public const int SizeBytes = 64;

    /// <summary>Version that this code writes and reads.</summary>
    public const byte Version = 1;

    private const int ClusterAt = 8;
    private const int TermAt = 24;
    private const int FirstAt = 32;
    private const int CommitAt = 40;
    private const int ChainAt = 48;
    private const int TimeAt = 56;

    /// <summary>Writes the header.</summary>
    /// <param name="into">At least <see cref="SizeBytes"/> bytes.</param>
    public void Encode(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, (uint)(Version | (byte)Kind << 8 | (byte)Role << 16));
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], Count);
        ClusterId.TryWriteBytes(into[ClusterAt..]);
        BinaryPrimitives.WriteUInt64LittleEndian(into[TermAt..], Term.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(into[FirstAt..], First.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(into[CommitAt..], Commit.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(into[ChainAt..], PreviousChain);
        BinaryPrimitives.WriteInt64LittleEndian(into[TimeAt..], CommitTimeMicros);
    }

    /// <summary>What is wrong with bytes that are no header, with the cure where there is one.</summary>
    public static string Objection(ReadOnlySpan<byte> bytes) =>
        bytes.Length == SizeBytes && bytes[0] != Version
            ? $"it speaks version {bytes[0]} of the feed, this version {Version}: upgrade the older one"
            : "what it sends is no message of the feed";

    /// <summary>Reads a header; false for anything that is none. Never throws.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out FeedHeader header)
    {
        header = default;
        if (bytes.Length != SizeBytes || bytes[0] != Version || bytes[3] != 0)
            return false;
        header = new FeedHeader(
            (FeedMessageKind)bytes[1], (FeedRole)bytes[2], new Guid(bytes.Slice(ClusterAt, 16)),
            new Term(BinaryPrimitives.ReadUInt64LittleEndian(bytes[TermAt..])),
            new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[FirstAt..])),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[CommitAt..])),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[ChainAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[TimeAt..]));
        return header.Kind is >= FeedMessageKind.Batch and <= FeedMessageKind.Key
            && header.Role <= FeedRole.Logger
            && header.First > LogIndex.Zero
            && header.First.Value <= ulong.MaxValue - header.Count;
    }
}
