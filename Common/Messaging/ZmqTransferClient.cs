using Chorus.Common.Transfer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Common.Messaging;

/// <summary>
/// Asks sources for what they have: one DEALER for each address, connected at the first message. Nothing waits for a
/// connection, and what a broken connection still held is lost with it. Owned by the thread that uses it, which may be
/// another one than the one that makes it.
/// </summary>
public sealed class ZmqTransferClient : ITransferClientTransport, IDisposable
{
    // So many bad messages in a row end a call, so that a flood of them cannot hold the thread.
    private const int GarbagePerCallMax = 64;
    private const int HeartbeatIntervalMs = 1_000;
    private const int HeartbeatTimeoutMs = 3_000;

    private readonly ZmqContext _context;
    private readonly ZmqTransportOptions _options;
    private readonly ILogger _logger;
    private readonly Poller? _poller;
    private readonly ZmqMessage _header = new();
    private readonly ZmqMessage _body = new();
    private readonly List<Link> _links = [];
    private int _turn;
    private bool _fullTold;

    /// <summary>Makes a transport that is connected to nobody.</summary>
    /// <param name="context">Outlives the transport.</param>
    /// <param name="poller">Gets the sockets as they come and loses them as they go; null: nobody waits.</param>
    /// <param name="options">Limits; <see cref="DefaultLimits"/> when null.</param>
    /// <param name="logger">Hears of connections made and lost; nobody when null.</param>
    public ZmqTransferClient(
        ZmqContext context, Poller? poller = null, ZmqTransportOptions? options = null, ILogger? logger = null)
    {
        _context = context;
        _poller = poller;
        _options = options ?? DefaultLimits;
        _logger = logger ?? NullLogger.Instance;
    }

    /// <summary>Few messages go out, and credit bounds what comes in: 64 frames on either side.</summary>
    public static ZmqTransportOptions DefaultLimits { get; } = new()
    {
        SendQueueFrames = 64,
        ReceiveQueueFrames = 64,
    };

    /// <summary>Messages received that were not of a known shape, since the start.</summary>
    public long GarbageTotal { get; private set; }

    /// <inheritdoc/>
    public bool TrySend(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        Link? link = _links.Find(link => link.Address == address) ?? Open(address);
        return link?.Socket is { } socket
            && socket.TrySendFrame(header, more: body.Length > 0)
            && (body.Length == 0 || socket.TrySendFrame(body));
    }

    /// <inheritdoc/>
    public bool TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        address = "";
        header = body = default;
        int garbage = 0;
        for (int looked = 0; looked < _links.Count && garbage < GarbagePerCallMax;)
        {
            // Each source in turn, so that a fast one does not keep the others out.
            _turn = (_turn + 1) % _links.Count;
            Link link = _links[_turn];
            if (link.Socket is null || !link.Socket.TryReceiveFrame(_header))
            {
                link.Monitor?.LogNews(_logger, link.Endpoint);
                looked++;
                continue;
            }

            bool two = _header.More && link.Socket.TryReceiveFrame(_body);
            if (!(two && _body.More))
            {
                address = link.Address;
                header = _header.Span;
                body = two ? _body.Span : default;
                return true;
            }

            link.Socket.SkipRest(_body);
            GarbageTotal++;
            garbage++;
        }

        return false;
    }

    /// <inheritdoc/>
    public void Disconnect(string address)
    {
        int at = _links.FindIndex(link => link.Address == address);
        if (at < 0)
            return;
        Close(_links[at]);
        _links.RemoveAt(at);
        _fullTold = false;
    }

    /// <summary>Closes all connections.</summary>
    public void Dispose()
    {
        foreach (Link link in _links)
            Close(link);
        _links.Clear();
        _header.Dispose();
        _body.Dispose();
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

        Link link = new(address);
        _links.Add(link);
        if (!Endpoint.TryParse(address, out Endpoint endpoint, out string? error))
        {
            MessagingLog.BadPeerAddress(_logger, error);
            return link;
        }

        try
        {
            link.Connect(_context, endpoint, _options);
            _poller?.Add(link.Socket!);
        }
        catch (ZmqException refused)
        {
            // The address came from outside; one that libzmq does not take costs this source, not the process.
            link.Dispose();
            MessagingLog.BadPeerAddress(_logger, refused.Message);
        }

        return link;
    }

    private void Close(Link link)
    {
        if (link.Socket is not null)
            _poller?.Remove(link.Socket);
        link.Dispose();
    }

    // One address. An address that cannot be connected to has no socket, so that it is complained of once only.
    private sealed class Link(string address) : IDisposable
    {
        internal string Address { get; } = address;

        internal DealerSocket? Socket { get; private set; }

        internal SocketMonitor? Monitor { get; private set; }

        internal Endpoint Endpoint { get; private set; }

        internal void Connect(ZmqContext context, Endpoint endpoint, ZmqTransportOptions options)
        {
            Endpoint = endpoint;
            Socket = new DealerSocket(context);
            Socket.Options.Immediate = true;
            Socket.Options.SendHighWatermark = options.SendQueueFrames;
            Socket.Options.ReceiveHighWatermark = options.ReceiveQueueFrames;
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
