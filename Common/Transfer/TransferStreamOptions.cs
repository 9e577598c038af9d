using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Limits of one stream at its receiver.</summary>
public sealed record TransferStreamOptions
{
    /// <summary>Most bytes of a chunk, unless a single record or slot is longer. Default 256 KiB.</summary>
    public int ChunkBytes { get; init; } = 256 << 10;

    /// <summary>
    /// Chunks that may be on their way or with the caller: with <see cref="ChunkBytes"/> the memory that a stream
    /// takes. A caller that gives them back while it still writes them takes as much again. Default 16.
    /// </summary>
    public int WindowChunks { get; init; } = 16;

    /// <summary>
    /// So long a source that could send may say nothing, in microseconds; sources say something at least every half
    /// second. Default 2 s.
    /// </summary>
    public long SilenceMicros { get; init; } = 2_000_000;

    /// <summary>
    /// Pause after which the source is told that the stream is still wanted, in microseconds. Default 10 s.
    /// </summary>
    public long KeepAliveMicros { get; init; } = 10_000_000;

    /// <summary>Pause before a message that could not be sent is tried again, in microseconds. Default 10 ms.</summary>
    public long RetryMicros { get; init; } = 10_000;

    /// <summary>Stops at settings that cannot work.</summary>
    public void Validate()
    {
        Check.That(ChunkBytes > 0 && WindowChunks > 0, "a stream must be able to carry something");
        Check.That(SilenceMicros > 0 && KeepAliveMicros > 0 && RetryMicros > 0, "times are positive");
    }
}
