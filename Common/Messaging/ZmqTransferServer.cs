using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Common.Messaging;

/// <summary>
/// The socket on which receivers ask for what a source has: a ROUTER. A message is one frame, or two with a body; what
/// has another shape is dropped and counted. Owned by the thread that serves, which may be another one than the one
/// that makes it.
/// </summary>
public sealed class ZmqTransferServer : ITransferServerTransport, IDisposable
{
    // So many bad messages in a row end a call, so that a flood of them cannot hold the thread.
    private const int GarbagePerCallMax = 64;
    private const int HeartbeatIntervalMs = 2_000;
    private const int HeartbeatTimeoutMs = 6_000;

    private readonly RouterSocket _socket;
    private readonly SocketMonitor _monitor;
    private readonly ZmqMessage _identity = new();
    private readonly ZmqMessage _header = new();
    private readonly ZmqMessage _body = new();
    private readonly ConnectionTable _receivers;
    private readonly ILogger _logger;
    private bool _fullTold;

    /// <summary>Listens.</summary>
    /// <param name="context">Outlives the transport.</param>
    /// <param name="endpoint">Where; port 0 lets the system choose.</param>
    /// <param name="flag">
    /// The flag with which the user chose the endpoint, for the message when it is taken.
    /// </param>
    /// <param name="options">Limits; <see cref="DefaultLimits"/> when null.</param>
    /// <param name="logger">Hears of connections that fail; nobody when null.</param>
    /// <exception cref="ZmqException">The port is in use, or the address is not this machine's.</exception>
    public ZmqTransferServer(
        ZmqContext context,
        Endpoint endpoint,
        string flag = "-hrecov",
        ZmqTransportOptions? options = null,
        ILogger? logger = null)
    {
        options ??= DefaultLimits;
        _logger = logger ?? NullLogger.Instance;
        _receivers = new ConnectionTable(options.ConnectionsMax, delimited: false);
        _socket = new RouterSocket(context);
        try
        {
            _socket.Options.RouterMandatory = true;
            _socket.Options.MaxMessageSizeBytes = options.FrameSizeBytesMax;
            _socket.Options.SendHighWatermark = options.SendQueueFrames;
            _socket.Options.ReceiveHighWatermark = options.ReceiveQueueFrames;
            _socket.Options.TcpKeepAlive = true;
            // A receiver that is stopped is cut off, and what waited for it is let go.
            _socket.Options.HeartbeatIntervalMs = HeartbeatIntervalMs;
            _socket.Options.HeartbeatTimeoutMs = HeartbeatTimeoutMs;
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

    /// <summary>
    /// Requests are small, so nobody may send much; and twice as many chunks may wait for a receiver as the server
    /// sends ahead.
    /// </summary>
    public static ZmqTransportOptions DefaultLimits { get; } = new()
    {
        FrameSizeBytesMax = 64 << 10,
        SendQueueFrames = 128,
        ReceiveQueueFrames = 256,
        ConnectionsMax = 1024,
    };

    /// <summary>Where it listens, with the port that the system chose when 0 was asked for.</summary>
    public Endpoint LocalEndpoint { get; }

    /// <summary>The socket to wait for in a <see cref="Poller"/>.</summary>
    public ZmqSocket Socket => _socket;

    /// <summary>Messages received that were not of a known shape, since the start.</summary>
    public long GarbageTotal { get; private set; }

    /// <summary>Messages received and dropped because too many receivers have streams, since the start.</summary>
    public long RefusedTotal { get; private set; }

    /// <inheritdoc/>
    public bool TryReceive(
        out ClientConnection connection, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        connection = null!;
        header = body = default;
        for (int attempts = 0; attempts < GarbagePerCallMax; attempts++)
        {
            if (!_socket.TryReceiveFrame(_identity))
            {
                _monitor.LogNews(_logger, LocalEndpoint);
                return false;
            }

            if (!TryReceiveFrames(out bool two))
            {
                GarbageTotal++;
                continue;
            }

            if (_receivers.TryGet(_identity.Span, out ClientConnection? known))
            {
                connection = known;
                header = _header.Span;
                body = two ? _body.Span : default;
                return true;
            }

            RefusedTotal++;
            if (!_fullTold)
                MessagingLog.TooManyClients(_logger, LocalEndpoint);
            _fullTold = true;
        }

        return false;
    }

    /// <inheritdoc/>
    public bool TrySend(ClientConnection connection, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body) =>
        _socket.TrySendFrame(connection.Identity, more: true)
        && _socket.TrySendFrame(header, more: body.Length > 0)
        && (body.Length == 0 || _socket.TrySendFrame(body));

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        _monitor.Dispose();
        _socket.Dispose();
        _identity.Dispose();
        _header.Dispose();
        _body.Dispose();
    }

    // What follows the routing id: a header, and perhaps a body; nothing else.
    private bool TryReceiveFrames(out bool two)
    {
        two = false;
        if (!_identity.More || !_socket.TryReceiveFrame(_header))
            return false;
        two = _header.More && _socket.TryReceiveFrame(_body);
        if (_header.Length > 0 && !(two && _body.More))
            return true;
        _socket.SkipRest(two ? _body : _header);
        return false;
    }
}
