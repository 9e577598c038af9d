using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>Settings of the log on disk.</summary>
public sealed record LogOptions
{
    /// <summary>Size of a segment file, preallocated. Default 64 MiB.</summary>
    public long SegmentSizeBytes { get; init; } = 64L << 20;

    /// <summary>
    /// While batches are shorter than this on average, segments are filled with zeros before their turn, so that a
    /// flush changes no metadata. Behind longer ones, that costs less than to write every byte twice: the space of a
    /// segment is only reserved then. 0: always reserved. Default 24 KiB.
    /// </summary>
    public int FilledBatchBytesMax { get; init; } = 24 << 10;

    /// <summary>Memory for the newest records, from which followers and feeds are served. Default 64 MiB.</summary>
    public long CacheBytes { get; init; } = 64L << 20;

    /// <summary>Size of one chunk of a log's own memory; also the most that one read returns. Default 1 MiB.</summary>
    public int ChunkBytes { get; init; } = 1 << 20;

    /// <summary>Most bytes that may wait for the disk before proposals are refused. Default 64 MiB.</summary>
    public long PendingBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// About how many bytes of segments that are no longer kept are removed in a second; more while many wait, or the
    /// log finds no room. Default 256 MiB.
    /// </summary>
    public long RemovedBytesPerSecond { get; init; } = 256L << 20;

    /// <summary>Largest payload of a record. Default 2 MiB.</summary>
    public int PayloadBytesMax { get; init; } = 2 << 20;

    /// <summary>Bytes that stay free of proposals when the disk is full: for entries that cannot be refused.</summary>
    internal long ReservedBytes => Math.Min(1 << 20, SegmentSizeBytes / 8);

    /// <summary>Stops at settings that cannot work.</summary>
    public void Validate()
    {
        Check.That(FilledBatchBytesMax >= 0, "the length of a batch is not negative");
        Check.That(RemovedBytesPerSecond > 0, "what is no longer kept goes");
        Check.That(PayloadBytesMax > 0, "the largest payload must have a byte");
        Check.That(ChunkBytes >= 4096, "a chunk of memory must be at least 4096 bytes");
        Check.That(CacheBytes >= ChunkBytes, "the cache must hold a chunk at least");
        Check.That(PendingBytesMax >= PayloadBytesMax + RecordHeader.SizeBytes, "the largest record may not wait");
        Check.That(
            SegmentSizeBytes >= SegmentPreparer.SmallestBytes(this), "a segment must hold the largest record");
    }
}
