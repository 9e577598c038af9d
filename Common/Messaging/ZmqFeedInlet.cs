using Chorus.Common.Feed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Common.Messaging;

/// <summary>
/// Feeds that are followed: a SUB socket for each, asked in turn. What a source sends faster than it is taken waits, up
/// to the high-water mark, and is lost beyond it. Owned by one thread.
/// </summary>
/// <param name="context">Outlives the inlet.</param>
/// <param name="logger">Hears of connections made and lost; nobody when null.</param>
public sealed class ZmqFeedInlet(ZmqContext context, ILogger? logger = null) : IFeedInlet, IDisposable
{
    /// <summary>Most sources at once; more are not followed.</summary>
    public const int SourcesMax = 128;

    /// <summary>Largest frame accepted; a source that sends a larger one is disconnected.</summary>
    public const long FrameSizeBytesMax = 8 << 20;

    private const int ReceiveQueueFrames = 512;
    private const int GarbagePerCallMax = 64;
    private const int HeartbeatIntervalMs = 1_000;
    private const int HeartbeatTimeoutMs = 3_000;
    private const int ReconnectIntervalMaxMs = 1_000;

    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly List<Source> _sources = [];
    private readonly ZmqMessage _topic = new();
    private readonly ZmqMessage _header = new();
    private readonly ZmqMessage _records = new();
    private int _next;

    /// <summary>The sockets changed: whoever waits for them in a <see cref="Poller"/> adds or removes this
    /// one.</summary>
    public Action<ZmqSocket, bool>? SocketChanged { get; init; }

    /// <summary>Messages received that were not of a known shape, since the start.</summary>
    public long GarbageTotal { get; private set; }

    /// <inheritdoc/>
    public void Follow(string address, FeedInterest interest)
    {
        Source? source = _sources.Find(known => known.Address == address);
        if (interest == FeedInterest.None)
        {
            if (source is not null)
                Leave(source);
            return;
        }

        if (source is null)
        {
            if (_sources.Count >= SourcesMax || (source = Open(address)) is null)
                return;
            _sources.Add(source);
            SocketChanged?.Invoke(source.Socket, true);
        }

        source.Want(interest);
    }

    /// <inheritdoc/>
    public bool TryReceive(out FeedMessage message)
    {
        message = default;
        int garbage = 0;
        for (int tried = 0; tried < _sources.Count && garbage < GarbagePerCallMax;)
        {
            Source source = _sources[_next %= _sources.Count];
            if (!source.Socket.TryReceiveFrame(_topic))
            {
                source.Monitor.LogNews(_logger, source.Endpoint, LogLevel.Information);
                _next++;
                tried++;
                continue;
            }

            if (!TryReceiveRest(source.Socket, out bool hasRecords))
            {
                GarbageTotal++;
                garbage++;
                continue;
            }

            _next++;
            message = new FeedMessage
            {
                Source = source.Address,
                Topic = _topic.Span,
                Header = _header.Span,
                Records = hasRecords ? _records.Span : default,
            };
            return true;
        }

        return false;
    }

    /// <summary>Closes all connections.</summary>
    public void Dispose()
    {
        foreach (Source source in _sources)
            source.Dispose();
        _sources.Clear();
        _topic.Dispose();
        _header.Dispose();
        _records.Dispose();
    }

    // A header, and records or nothing; no more.
    private bool TryReceiveRest(SubscriberSocket socket, out bool hasRecords)
    {
        hasRecords = false;
        if (!_topic.More || !socket.TryReceiveFrame(_header))
            return false;
        if (!_header.More)
            return true;
        if (!socket.TryReceiveFrame(_records))
            return false;
        hasRecords = true;
        bool complete = !_records.More;
        socket.SkipRest(_records);
        return complete;
    }

    private void Leave(Source source)
    {
        _sources.Remove(source);
        SocketChanged?.Invoke(source.Socket, false);
        source.Dispose();
    }

    private Source? Open(string address)
    {
        if (!Endpoint.TryParse(address, out Endpoint endpoint, out string? error))
        {
            MessagingLog.BadPeerAddress(_logger, error);
            return null;
        }

        var socket = new SubscriberSocket(context);
        try
        {
            socket.Options.ReceiveHighWatermark = ReceiveQueueFrames;
            socket.Options.MaxMessageSizeBytes = FrameSizeBytesMax;
            socket.Options.HeartbeatIntervalMs = HeartbeatIntervalMs;
            socket.Options.HeartbeatTimeoutMs = HeartbeatTimeoutMs;
            socket.Options.ReconnectIntervalMaxMs = ReconnectIntervalMaxMs;
            var monitor = new SocketMonitor(socket);
            socket.Connect(endpoint);
            return new Source(address, endpoint, socket, monitor);
        }
        catch (ZmqException refused)
        {
            // The address came from outside; one that libzmq does not take costs this source, not the process.
            socket.Dispose();
            MessagingLog.BadPeerAddress(_logger, refused.Message);
            return null;
        }
    }

    private sealed class Source(string address, Endpoint endpoint, SubscriberSocket socket, SocketMonitor monitor)
        : IDisposable
    {
        private FeedInterest _interest;

        internal string Address => address;

        internal Endpoint Endpoint => endpoint;

        internal SubscriberSocket Socket => socket;

        internal SocketMonitor Monitor => monitor;

        internal void Want(FeedInterest interest)
        {
            if (_interest == FeedInterest.None)
                socket.Subscribe(FeedTopics.Heartbeat);
            if (interest == FeedInterest.Everything && _interest != FeedInterest.Everything)
                socket.Subscribe(FeedTopics.Log);
            if (interest != FeedInterest.Everything && _interest == FeedInterest.Everything)
                socket.Unsubscribe(FeedTopics.Log);
            _interest = interest;
        }

        public void Dispose()
        {
            monitor.Dispose();
            socket.Dispose();
        }
    }
}
