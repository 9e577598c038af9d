using Chorus.Common.Messaging;

namespace Chorus.Common.Client;

/// <summary>The connection with one server. Used by the client's thread only.</summary>
internal sealed class Link : IDisposable
{
    private const int SendQueueFrames = 1_000;
    private const int HeartbeatIntervalMs = 1_000;
    private const int HeartbeatTimeoutMs = 3_000;
    private const long AnswerSizeBytesMax = 64 << 20;

    internal Link(ZmqContext context, Endpoint endpoint, bool configured)
    {
        Endpoint = endpoint;
        Configured = configured;
        Socket = new DealerSocket(context);
        Socket.Options.Immediate = true;
        Socket.Options.SendHighWatermark = SendQueueFrames;
        Socket.Options.ReceiveHighWatermark = SendQueueFrames;
        Socket.Options.MaxMessageSizeBytes = AnswerSizeBytesMax;
        Socket.Options.HeartbeatIntervalMs = HeartbeatIntervalMs;
        Socket.Options.HeartbeatTimeoutMs = HeartbeatTimeoutMs;
        Monitor = new SocketMonitor(Socket);
        Socket.Connect(endpoint);
    }

    internal Endpoint Endpoint { get; }

    /// <summary>Whether the user named it; the others are known by hearsay and can be forgotten.</summary>
    internal bool Configured { get; }

    internal DealerSocket Socket { get; }

    internal SocketMonitor Monitor { get; }

    /// <summary>
    /// Whether the connection stands. Nothing is sent while it does not: what goes out then would be lost
    /// without a word.
    /// </summary>
    internal bool IsConnected { get; set; }

    /// <summary>Operations sent and not answered.</summary>
    internal int Unanswered { get; set; }

    /// <summary>Since when an answer is waited for without hearing anything.</summary>
    internal long SilentSinceMs { get; set; }

    /// <summary>When it was used last.</summary>
    internal long UsedAtMs { get; set; }

    /// <summary>Operations for this very server.</summary>
    internal Queue<(Operation Operation, uint Stamp)> Own { get; } = new();

    public void Dispose()
    {
        Monitor.Dispose();
        Socket.Dispose();
    }
}
