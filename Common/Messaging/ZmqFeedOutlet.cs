using Chorus.Common.Feed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Common.Messaging;

/// <summary>
/// The feed's socket: an XPUB. A subscriber that does not keep up loses messages beyond the high-water mark, one that
/// does not
/// even answer pings loses its connection, and with it what was queued for it. Owned by one thread.
/// </summary>
public sealed class ZmqFeedOutlet : IFeedOutlet, IDisposable
{
    /// <summary>Messages kept for one subscriber: 64 MiB at most, of batches of 128 KiB.</summary>
    public const int SendQueueFrames = 512;

    private const int SubscriptionBytesMax = 1 << 10;
    private const int HeartbeatIntervalMs = 1_000;
    private const int HeartbeatTimeoutMs = 3_000;

    private readonly XPublisherSocket _socket;
    private readonly SocketMonitor _monitor;
    private readonly ZmqMessage _message = new();
    private readonly ILogger _logger;

    /// <summary>Listens.</summary>
    /// <param name="context">Outlives the outlet.</param>
    /// <param name="endpoint">Where; port 0 lets the system choose.</param>
    /// <param name="flag">
    /// The flag with which the user chose the endpoint, for the message when it is taken.
    /// </param>
    /// <param name="logger">Hears of connections that fail; nobody when null.</param>
    /// <exception cref="ZmqException">The port is in use, or the address is not this machine's.</exception>
    public ZmqFeedOutlet(ZmqContext context, Endpoint endpoint, string flag = "-feed", ILogger? logger = null)
    {
        _logger = logger ?? NullLogger.Instance;
        _socket = new XPublisherSocket(context);
        try
        {
            _socket.Options.SendHighWatermark = SendQueueFrames;
            _socket.Options.MaxMessageSizeBytes = SubscriptionBytesMax;
            _socket.Options.HeartbeatIntervalMs = HeartbeatIntervalMs;
            _socket.Options.HeartbeatTimeoutMs = HeartbeatTimeoutMs;
            _socket.Options.Backlog = 1024;
            _socket.Options.TcpKeepAlive = true;
            _socket.Options.RefuseOldVersions = true;
            LocalEndpoint = _socket.Bind(endpoint, flag);
            // Behind the bind: a monitored bind that fails leaves another error number behind.
            _monitor = new SocketMonitor(_socket);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Where it listens, with the port that the system chose when 0 was asked for.</summary>
    public Endpoint LocalEndpoint { get; }

    /// <summary>The socket to wait for in a <see cref="Poller"/>: readable when subscriptions change.</summary>
    public ZmqSocket Socket => _socket;

    /// <summary>Messages received that were no subscription, since the start.</summary>
    public long GarbageTotal { get; private set; }

    /// <inheritdoc/>
    public bool TryReceiveSubscription(out bool isAdded, out ReadOnlySpan<byte> topic)
    {
        isAdded = false;
        topic = default;
        while (_socket.TryReceiveFrame(_message))
        {
            // An XPUB also passes on whatever else a subscriber sends.
            if (_message.More || _message.Length == 0 || _message.Span[0] > 1)
            {
                GarbageTotal++;
                continue;
            }

            isAdded = _message.Span[0] == 1;
            topic = _message.Span[1..];
            return true;
        }

        _monitor.LogNews(_logger, LocalEndpoint);
        return false;
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records)
    {
        // An XPUB never refuses: for a subscriber that is full it drops the whole message.
        if (_socket.TrySendFrame(topic, more: true) && _socket.TrySendFrame(header, more: true))
            _socket.TrySendFrame(records);
    }

    /// <summary>Stops publishing.</summary>
    public void Dispose()
    {
        _monitor.Dispose();
        _socket.Dispose();
        _message.Dispose();
    }
}
