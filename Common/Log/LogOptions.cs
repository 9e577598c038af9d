namespace Chorus.Common.Log;

/// <summary>Settings of the log on disk.</summary>
public sealed record LogOptions
{
    /// <summary>Size of a segment file, preallocated. Default 64 MiB.</summary>
    public long SegmentSizeBytes { get; init; } = 64L << 20;

    /// <summary>Memory for the newest records, from which followers and feeds are served. Default 64 MiB.</summary>
    public long CacheBytes { get; init; } = 64L << 20;

    /// <summary>Size of one chunk of that memory; also the most that one read returns. Default 1 MiB.</summary>
    public int ChunkBytes { get; init; } = 1 << 20;

    /// <summary>Most bytes that may wait for the disk before proposals are refused. Default 64 MiB.</summary>
    public long PendingBytesMax { get; init; } = 64L << 20;

    /// <summary>Largest payload of a record. Default 2 MiB.</summary>
    public int PayloadBytesMax { get; init; } = 2 << 20;
}
