namespace Chorus.Common.Messaging;

/// <summary>Limits of a transport over ZeroMQ.</summary>
public sealed record ZmqTransportOptions
{
    /// <summary>
    /// Largest frame accepted, in bytes; who sends a larger one is disconnected. Default 8 MiB.
    /// </summary>
    public long FrameSizeBytesMax { get; init; } = 8 << 20;

    /// <summary>Frames that may wait for one slow peer; more are dropped and counted. Default 512.</summary>
    public int SendQueueFrames { get; init; } = 512;

    /// <summary>Frames taken from one peer ahead of the loop; then TCP holds it up. Default 256.</summary>
    public int ReceiveQueueFrames { get; init; } = 256;

    /// <summary>
    /// Most clients remembered at once (client transport); frames of others are dropped and counted while
    /// none of these is idle. Default 16,384.
    /// </summary>
    public int ConnectionsMax { get; init; } = 16_384;

    /// <summary>
    /// Most peer addresses sent to at once (peer transport); messages to others are dropped and counted.
    /// Default 64.
    /// </summary>
    public int PeersMax { get; init; } = 64;
}
