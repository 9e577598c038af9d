using Chorus.Common.Replica;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Common.Messaging;

/// <summary>
/// The socket on which clients or joining nodes ask: a ROUTER that answers DEALER sockets (<c>[payload]</c>)
/// and REQ sockets (<c>[empty][payload]</c>). Everything else that arrives is dropped and counted. Owned by
/// the loop's thread, which may be another one than the one that makes it.
/// </summary>
public sealed class ZmqClientTransport : IClientTransport, IDisposable
{
    // So many bad messages in a row end a call, so that a flood of them cannot hold the loop.
    private const int GarbagePerCallMax = 64;

    private readonly RouterSocket _socket;
    private readonly SocketMonitor _monitor;
    private readonly ZmqMessage _identity = new();
    private readonly ZmqMessage _frame = new();
    private readonly ConnectionTable _dealers;
    private readonly ConnectionTable _requesters;
    private readonly ILogger _logger;
    private bool _fullTold;

    /// <summary>Listens.</summary>
    /// <param name="context">Outlives the transport.</param>
    /// <param name="endpoint">Where; port 0 lets the system choose.</param>
    /// <param name="flag">
    /// The flag with which the user chose the endpoint, for the message when it is taken.
    /// </param>
    /// <param name="options">Limits; defaults when null.</param>
    /// <param name="logger">Hears of connections that fail; nobody when null.</param>
    /// <exception cref="ZmqException">The port is in use, or the address is not this machine's.</exception>
    public ZmqClientTransport(
        ZmqContext context,
        Endpoint endpoint,
        string flag = "-port",
        ZmqTransportOptions? options = null,
        ILogger? logger = null)
    {
        options ??= new ZmqTransportOptions();
        _logger = logger ?? NullLogger.Instance;
        _dealers = new ConnectionTable(options.ConnectionsMax, delimited: false);
        _requesters = new ConnectionTable(options.ConnectionsMax, delimited: true);
        _socket = new RouterSocket(context);
        try
        {
            _socket.Options.RouterMandatory = true;
            _socket.Options.MaxMessageSizeBytes = options.FrameSizeBytesMax;
            _socket.Options.SendHighWatermark = options.SendQueueFrames;
            _socket.Options.ReceiveHighWatermark = options.ReceiveQueueFrames;
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

    /// <summary>The socket to wait for in a <see cref="Poller"/>.</summary>
    public ZmqSocket Socket => _socket;

    /// <inheritdoc/>
    public long DroppedTotal { get; private set; }

    /// <summary>Messages received that were not of a known shape, since the start.</summary>
    public long GarbageTotal { get; private set; }

    /// <summary>
    /// Messages received and dropped because too many clients waited for answers, since the start.
    /// </summary>
    public long RefusedTotal { get; private set; }

    /// <inheritdoc/>
    public bool TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame)
    {
        connection = null!;
        frame = default;
        for (int attempts = 0; attempts < GarbagePerCallMax; attempts++)
        {
            if (!_socket.TryReceiveFrame(_identity))
            {
                _monitor.LogNews(_logger, LocalEndpoint);
                return false;
            }

            if (!TryReceivePayload(out bool delimited))
            {
                GarbageTotal++;
                continue;
            }

            if ((delimited ? _requesters : _dealers).TryGet(_identity.Span, out ClientConnection? known))
            {
                connection = known;
                frame = _frame.Span;
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
    public void Send(ClientConnection connection, ReadOnlySpan<byte> frame)
    {
        bool sent = _socket.TrySendFrame(connection.Identity, more: true);
        if (sent)
        {
            if (connection.Delimited)
                sent = _socket.TrySendFrame(default, more: true);
            sent &= _socket.TrySendFrame(frame);
        }

        if (!sent)
            DroppedTotal++;
        (connection.Delimited ? _requesters : _dealers).Answered(connection);
    }

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        _monitor.Dispose();
        _socket.Dispose();
        _identity.Dispose();
        _frame.Dispose();
    }

    // What follows the routing id: the payload, or an empty delimiter and the payload; nothing else.
    private bool TryReceivePayload(out bool delimited)
    {
        delimited = false;
        if (!_identity.More || !_socket.TryReceiveFrame(_frame))
            return false;
        if (_frame.More && _frame.Length == 0)
        {
            delimited = true;
            if (!_socket.TryReceiveFrame(_frame))
                return false;
        }

        bool complete = !_frame.More && _frame.Length > 0;
        _socket.SkipRest(_frame);
        return complete;
    }
}
