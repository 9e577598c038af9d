using Chorus.Common.Replica;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Common.Messaging;

/// <summary>
/// Messages between replicas: one ROUTER receives from whomever, one DEALER per address sends. A message is
/// one frame, or two when records travel beside it. Nothing waits for a connection: what cannot go now is
/// dropped and counted, and what a broken connection still held is lost with it, so nothing stale arrives
/// after it is back. Owned by the loop's thread, which may be another one than the one that makes it.
/// </summary>
public sealed class ZmqPeerTransport : IPeerTransport, IDisposable
{
    // So many bad messages in a row end a call, so that a flood of them cannot hold the loop.
    private const int GarbagePerCallMax = 64;
    private const int HeartbeatIntervalMs = 1_000;
    private const int HeartbeatTimeoutMs = 3_000;

    private readonly ZmqContext _context;
    private readonly ZmqTransportOptions _options;
    private readonly ILogger _logger;
    private readonly RouterSocket _socket;
    private readonly SocketMonitor _monitor;
    private readonly ZmqMessage _identity = new();
    private readonly ZmqMessage _header = new();
    private readonly ZmqMessage _records = new();
    private readonly Dictionary<string, Link> _links = [];
    private readonly List<string> _leaving = [];
    private bool _fullTold;

    /// <summary>Listens.</summary>
    /// <param name="context">Outlives the transport.</param>
    /// <param name="endpoint">Where; port 0 lets the system choose.</param>
    /// <param name="flag">
    /// The flag with which the user chose the endpoint, for the message when it is taken.
    /// </param>
    /// <param name="options">Limits; defaults when null.</param>
    /// <param name="logger">Hears of connections made and lost; nobody when null.</param>
    /// <exception cref="ZmqException">The port is in use, or the address is not this machine's.</exception>
    public ZmqPeerTransport(
        ZmqContext context,
        Endpoint endpoint,
        string flag = "-raft",
        ZmqTransportOptions? options = null,
        ILogger? logger = null)
    {
        _context = context;
        _options = options ?? new ZmqTransportOptions();
        _logger = logger ?? NullLogger.Instance;
        _socket = new RouterSocket(context);
        try
        {
            _socket.Options.MaxMessageSizeBytes = _options.FrameSizeBytesMax;
            _socket.Options.ReceiveHighWatermark = _options.ReceiveQueueFrames;
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

    /// <summary>The socket to wait for in a <see cref="Poller"/>.</summary>
    public ZmqSocket Socket => _socket;

    /// <inheritdoc/>
    public long DroppedTotal { get; private set; }

    /// <summary>Messages received that were not of a known shape, since the start.</summary>
    public long GarbageTotal { get; private set; }

    /// <inheritdoc/>
    public bool TryReceive(out PeerFrame frame)
    {
        frame = default;
        for (int attempts = 0; attempts < GarbagePerCallMax; attempts++)
        {
            if (!_socket.TryReceiveFrame(_identity))
            {
                LogNews();
                return false;
            }

            if (!_identity.More || !_socket.TryReceiveFrame(_header))
            {
                GarbageTotal++;
                continue;
            }

            bool two = _header.More && _socket.TryReceiveFrame(_records);
            if (_header.Length > 0 && !(two && _records.More))
            {
                frame = new PeerFrame(_header.Span, two ? _records.Span : default);
                return true;
            }

            _socket.SkipRest(two ? _records : _header);
            GarbageTotal++;
        }

        return false;
    }

    /// <inheritdoc/>
    public void Send(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records)
    {
        if (!_links.TryGetValue(address, out Link? link))
            link = Open(address);
        bool two = records.Length > 0;
        bool sent = link?.Socket is { } socket
                    && socket.TrySendFrame(header, more: two)
                    && (!two || socket.TrySendFrame(records));
        if (!sent)
            DroppedTotal++;
    }

    /// <inheritdoc/>
    public void Retain(IReadOnlyCollection<string> addresses)
    {
        foreach (string address in _links.Keys)
        {
            if (!addresses.Contains(address))
                _leaving.Add(address);
        }

        foreach (string address in _leaving)
        {
            _links[address].Dispose();
            _links.Remove(address);
        }

        _leaving.Clear();
        _fullTold = false;
        foreach (string address in addresses)
        {
            if (!_links.ContainsKey(address))
                Open(address);
        }
    }

    /// <summary>Closes all connections and stops listening.</summary>
    public void Dispose()
    {
        foreach (Link link in _links.Values)
            link.Dispose();
        _links.Clear();
        _monitor.Dispose();
        _socket.Dispose();
        _identity.Dispose();
        _header.Dispose();
        _records.Dispose();
    }

    private Link? Open(string address)
    {
        if (_links.Count >= _options.PeersMax)
        {
            if (!_fullTold)
                MessagingLog.TooManyPeers(_logger, address, _options.PeersMax);
            _fullTold = true;
            return null;
        }

        Link link = new();
        _links.Add(address, link);
        if (!Endpoint.TryParse(address, out Endpoint endpoint, out string? error))
        {
            MessagingLog.BadPeerAddress(_logger, error);
            return link;
        }

        try
        {
            link.Connect(_context, endpoint, _options);
        }
        catch (ZmqException refused)
        {
            // The address came from outside; one that libzmq does not take costs this peer, not the process.
            link.Dispose();
            MessagingLog.BadPeerAddress(_logger, refused.Message);
        }

        return link;
    }

    private void LogNews()
    {
        _monitor.LogNews(_logger, LocalEndpoint);
        foreach (Link link in _links.Values)
            link.Monitor?.LogNews(_logger, link.Endpoint, LogLevel.Information);
    }

    // One address. An address that cannot be connected to has no socket, so that it is complained of once
    // only.
    private sealed class Link : IDisposable
    {
        internal DealerSocket? Socket { get; private set; }

        internal SocketMonitor? Monitor { get; private set; }

        internal Endpoint Endpoint { get; private set; }

        internal void Connect(ZmqContext context, Endpoint endpoint, ZmqTransportOptions options)
        {
            Endpoint = endpoint;
            Socket = new DealerSocket(context);
            Socket.Options.Immediate = true;
            Socket.Options.SendHighWatermark = options.SendQueueFrames;
            Socket.Options.ReceiveHighWatermark = 1;
            Socket.Options.MaxMessageSizeBytes = options.FrameSizeBytesMax;
            Socket.Options.HeartbeatIntervalMs = HeartbeatIntervalMs;
            Socket.Options.HeartbeatTimeoutMs = HeartbeatTimeoutMs;
            Monitor = new SocketMonitor(Socket);
            Socket.Connect(endpoint);
        }

        public void Dispose()
        {
            Monitor?.Dispose();
            Socket?.Dispose();
            Monitor = null;
            Socket = null;
        }
    }
}
