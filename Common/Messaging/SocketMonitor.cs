using System.Buffers.Binary;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Messaging;

/// <summary>
/// Watches the connections of one socket. Owned by the socket's thread; disposed before the socket. Made
/// before the socket binds or connects, so that nothing is missed.
/// </summary>
public sealed class SocketMonitor : IDisposable
{
    // Those that say something: a connection came to stand, cannot come to stand, or ended.
    private const SocketEventKind Watched =
        SocketEventKind.HandshakeSucceeded | SocketEventKind.Disconnected | SocketEventKind.HandshakeFailed |
        SocketEventKind.HandshakeFailedProtocol | SocketEventKind.HandshakeFailedAuthentication |
        SocketEventKind.AcceptFailed | SocketEventKind.BindFailed;

    private const int LookIntervalMs = 200;
    private const int TroublesToldMax = 16;

    private static long _made;

    private readonly ZmqSocket _watched;
    private readonly PairSocket _events;
    private readonly ZmqMessage _message = new();
    private long _lookAtMs;
    private int _troublesTold;

    /// <summary>Starts to watch.</summary>
    public SocketMonitor(ZmqSocket watched)
    {
        _watched = watched;
        string address = $"inproc://chorus-monitor-{Interlocked.Increment(ref _made)}";
        if (Libzmq.SocketMonitor(watched.Handle, address, (int)Watched) != 0)
            throw ZmqException.Last("watching a socket");
        // Without a limit: libzmq's I/O thread would stop at it until somebody looks.
        _events = new PairSocket(watched.Context);
        _events.Options.ReceiveHighWatermark = 0;
        _events.Connect(address);
    }

    /// <summary>The socket to wait for in a <see cref="Poller"/>.</summary>
    public ZmqSocket Socket => _events;

    /// <summary>Takes the next event.</summary>
    public bool TryReceive(out SocketEvent happened)
    {
        happened = default;
        if (!_events.TryReceiveFrame(_message))
            return false;
        ReadOnlySpan<byte> bytes = _message.Span;
        if (bytes.Length >= 6)
        {
            happened = new SocketEvent(
                (SocketEventKind)BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[2..]));
        }

        _events.SkipRest(_message);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_watched.IsDisposed)
            _ = Libzmq.SocketMonitor(_watched.Handle, null, 0);
        _events.Dispose();
        _message.Dispose();
    }

    /// <summary>
    /// Logs what happened since the last look. Cheap to call often: it looks a few times a second only.
    /// Troubles are told a few times, not for ever: anybody can cause them on an open port.
    /// </summary>
    /// <param name="logger">Where to.</param>
    /// <param name="endpoint">The other side's address, or for a listening socket its own.</param>
    /// <param name="level">How important it is that a connection came to stand or broke.</param>
    internal void LogNews(ILogger logger, Endpoint endpoint, LogLevel level = LogLevel.Debug)
    {
        long nowMs = Environment.TickCount64;
        if (nowMs < _lookAtMs)
            return;
        _lookAtMs = nowMs + LookIntervalMs;
        while (TryReceive(out SocketEvent happened))
        {
            if (happened.IsTrouble)
            {
                if (_troublesTold < TroublesToldMax)
                    MessagingLog.ConnectionTrouble(logger, happened.Sentence(endpoint));
                _troublesTold++;
            }
            else if (logger.IsEnabled(level))
            {
                MessagingLog.ConnectionNews(logger, level, happened.Sentence(endpoint));
            }
        }
    }
}
