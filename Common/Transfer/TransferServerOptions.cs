using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Limits of a transfer service.</summary>
public sealed record TransferServerOptions
{
    /// <summary>Streams at a time; further ones are refused as overloaded. Default 64.</summary>
    public int StreamsMax { get; init; } = 64;

    /// <summary>Streams of one receiver at a time; further ones are refused as overloaded. Default 8.</summary>
    public int StreamsPerConnectionMax { get; init; } = 8;

    /// <summary>Most bytes of a chunk, whatever a receiver asks for; one record may be longer. Default 1 MiB.</summary>
    public int ChunkBytesMax { get; init; } = 1 << 20;

    /// <summary>
    /// Bytes that a stream sends ahead of the receiver's credit at most, one chunk in any case. Default 8 MiB.
    /// </summary>
    public long AheadBytesMax { get; init; } = 8 << 20;

    /// <summary>
    /// Chunks that all streams of a connection together send ahead of credit at most. Default 64, half of what the
    /// transport keeps for a receiver.
    /// </summary>
    public int AheadChunksMax { get; init; } = 64;

    /// <summary>Bytes read and sent in one round, over which the streams take turns. Default 4 MiB.</summary>
    public long RoundBytesMax { get; init; } = 4 << 20;

    /// <summary>Messages taken in one round. Default 64.</summary>
    public int RoundMessagesMax { get; init; } = 64;

    /// <summary>
    /// Memory for all streams of content Compact together; one that needs more is refused as overloaded. Default
    /// 512 MiB.
    /// </summary>
    public long CompactBytesMax { get; init; } = 512L << 20;

    /// <summary>Pause in which a stream that waits for new records looks for them, in microseconds. Default 2 ms.
    /// </summary>
    public long FollowMicros { get; init; } = 2_000;

    /// <summary>Pause after which a stream with nothing to send gives a sign of life, in microseconds. Default 500 ms.
    /// </summary>
    public long SignOfLifeMicros { get; init; } = 500_000;

    /// <summary>So long a receiver may say nothing before its stream is forgotten, in microseconds. Default 60 s.
    /// </summary>
    public long ReceiverSilenceMicros { get; init; } = 60_000_000;

    /// <summary>Stops at settings that cannot work.</summary>
    public void Validate()
    {
        Check.That(StreamsMax > 0 && StreamsPerConnectionMax > 0, "a service must be able to serve somebody");
        Check.That(ChunkBytesMax > 0 && RoundBytesMax > 0 && RoundMessagesMax > 0, "a round must carry something");
        Check.That(AheadBytesMax > 0 && AheadChunksMax > 0, "a stream must be able to send something");
        Check.That(
            FollowMicros > 0 && SignOfLifeMicros > 0 && ReceiverSilenceMicros > 0, "times are positive");
    }
}
