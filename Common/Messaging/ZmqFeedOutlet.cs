using System.Numerics;
using Chorus.Common.Feed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Common.Messaging;

/// <summary>
/// The feed's socket: an XPUB. A subscriber that does not keep up loses messages beyond the high-water mark, one that
/// does not even answer pings loses its connection, and with it what was queued for it. libzmq remembers topics without
/// a limit; at one of its own the outlet closes all connections. Owned by one thread.
/// </summary>
public sealed class ZmqFeedOutlet : IFeedOutlet, IDisposable
{
    /// <summary>Messages kept for one subscriber: 64 MiB at most, of batches of 128 KiB.</summary>
    public const int SendQueueFrames = 512;

    /// <summary>Topics that were subscribed to, after which all connections are closed once.</summary>
    public const int TopicsMax = 16_384;

    /// <summary>
    /// Bytes of topics, after which all connections are closed once: libzmq needs about 50 times as many to keep them.
    /// </summary>
    public const int TopicBytesMax = 1 << 20;

    private const int SubscriptionBytesMax = 1 << 10;
    private const int HeartbeatIntervalMs = 1_000;
    private const int HeartbeatTimeoutMs = 3_000;

    private readonly XPublisherSocket _socket;
    private readonly SocketMonitor _monitor;
    private readonly ZmqMessage _message = new();
    private readonly ILogger _logger;
    private readonly string _address;
    private bool _isListening = true;
    private int _topics;
    private int _topicBytes;

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
            _address = _socket.Options.LastEndpoint;
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

    /// <summary>How often all connections were closed because of too many topics.</summary>
    public long ResetsTotal { get; private set; }

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
            if (isAdded)
                Count(topic.Length);
            return true;
        }

        if (!_isListening)
            _isListening = _socket.TryBind(_address);
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

    // Not reduced by what is taken back: a subscriber can take back what it never subscribed to. Those who come and go
    // for years reach the limit too, and lose nothing by it that they cannot fetch.
    private void Count(int bytes)
    {
        _topics++;
        _topicBytes += bytes;
        if (!_isListening || (_topics <= TopicsMax && _topicBytes <= TopicBytesMax))
            return;
        _socket.Unbind(_address);
        _isListening = false;
        _topics = _topicBytes = 0;
        if (BitOperations.IsPow2(++ResetsTotal))
            MessagingLog.TooManySubscriptions(_logger, LocalEndpoint, ResetsTotal);
    }

    /// <summary>Stops publishing.</summary>
    public void Dispose()
    {
        _monitor.Dispose();
        _socket.Dispose();
        _message.Dispose();
    }
}
