using System.Runtime.InteropServices;
using System.Text;

namespace Chorus.Common.Messaging;

/// <summary>
/// Options of one socket. Set before the first bind or connect, on the thread that owns the socket. Chorus's
/// defaults, set when a socket is made: no linger, connect quickly again, two seconds for a connect.
/// </summary>
public sealed unsafe class SocketOptions
{
    private readonly ZmqSocket _socket;

    internal SocketOptions(ZmqSocket socket) => _socket = socket;

    /// <summary>
    /// How long a closed socket still tries to send: 0, not at all (Chorus's default); -1, for ever.
    /// </summary>
    public int LingerMs { set => Set(17, value); }

    /// <summary>
    /// Frames kept for sending per connection; more are refused, never buffered. libzmq's default 1000.
    /// </summary>
    public int SendHighWatermark { set => Set(23, value); }

    /// <summary>
    /// Frames kept after receipt per connection; then the sender is held up by TCP. libzmq's default 1000.
    /// </summary>
    public int ReceiveHighWatermark { set => Set(24, value); }

    /// <summary>Queue only for connections that stand, so that a reconnect delivers nothing stale.</summary>
    public bool Immediate { set => Set(39, value ? 1 : 0); }

    /// <summary>A ROUTER tells of frames that it cannot deliver instead of dropping them silently.</summary>
    public bool RouterMandatory { set => Set(33, value ? 1 : 0); }

    /// <summary>Largest frame accepted, in bytes; a peer that sends a larger one is disconnected.</summary>
    public long MaxMessageSizeBytes { set => Set(22, value); }

    /// <summary>First pause before connecting again.</summary>
    public int ReconnectIntervalMs { set => Set(18, value); }

    /// <summary>Longest pause before connecting again; the pause doubles up to it.</summary>
    public int ReconnectIntervalMaxMs { set => Set(21, value); }

    /// <summary>How long one attempt to connect may take.</summary>
    public int ConnectTimeoutMs { set => Set(79, value); }

    /// <summary>How long the greeting of a new connection may take.</summary>
    public int HandshakeTimeoutMs { set => Set(66, value); }

    /// <summary>Pause between pings on an idle connection; 0 is none.</summary>
    public int HeartbeatIntervalMs { set => Set(75, value); }

    /// <summary>A connection that is silent for so long after a ping is given up.</summary>
    public int HeartbeatTimeoutMs { set => Set(77, value); }

    /// <summary>Finds out within about a minute and a half that the other machine is gone.</summary>
    public bool TcpKeepAlive
    {
        set
        {
            Set(34, value ? 1 : 0);
            Set(36, 60);
            Set(37, 10);
            Set(35, 3);
        }
    }

    /// <summary>
    /// Refuses peers that speak ZMTP 1 or 2, as arbitrary bytes seem to. libzmq 4.3 ends the process when
    /// such a peer arrives at a ROUTER while that is being closed. (It refuses them on sockets with a ZAP
    /// domain; without a ZAP handler the domain has no other effect.)
    /// </summary>
    public bool RefuseOldVersions { set => Set(55, value ? "chorus"u8 : default); }

    /// <summary>Connections that the system may keep waiting for acceptance.</summary>
    public int Backlog { set => Set(19, value); }

    /// <summary>Longest wait of a blocking receive; -1 is for ever.</summary>
    public int ReceiveTimeoutMs { set => Set(27, value); }

    /// <summary>Longest wait of a blocking send; -1 is for ever.</summary>
    public int SendTimeoutMs { set => Set(28, value); }

    /// <summary>An XPUB tells of every subscription, also of repeated ones.</summary>
    public bool XPublisherVerbose { set => Set(40, value ? 1 : 0); }

    /// <summary>A publisher refuses a frame instead of dropping it for a subscriber that is full.</summary>
    public bool XPublisherNoDrop { set => Set(69, value ? 1 : 0); }

    /// <summary>
    /// A REQ socket may ask again before it was answered, and matches answers to questions.
    /// </summary>
    public bool RequestRelaxed
    {
        set
        {
            Set(52, value ? 1 : 0);
            Set(53, value ? 1 : 0);
        }
    }

    /// <summary>The name under which a ROUTER knows this socket; chosen by it when not set.</summary>
    public ReadOnlySpan<byte> Identity { set => Set(5, value); }

    internal bool IPv6 { set => Set(42, value ? 1 : 0); }

    /// <summary>Address of the last bind, with the port that was chosen.</summary>
    internal string LastEndpoint
    {
        get
        {
            Span<byte> text = stackalloc byte[256];
            fixed (byte* at = text)
            {
                nuint length = (nuint)text.Length;
                if (Libzmq.GetOption(_socket.Handle, 32, at, &length) != 0)
                    throw ZmqException.Last("reading the address of a socket");
                return Encoding.UTF8.GetString(text[..(int)length]).TrimEnd('\0');
            }
        }
    }

    /// <summary>ZMQ_FD.</summary>
    internal int Descriptor => Get(14);

    /// <summary>ZMQ_EVENTS.</summary>
    internal int Events => Get(15);

    internal void Set(int option, ReadOnlySpan<byte> value)
    {
        fixed (byte* at = value)
            Apply(option, at, value.Length);
    }

    private void Set(int option, int value) => Apply(option, &value, sizeof(int));

    private void Set(int option, long value) => Apply(option, &value, sizeof(long));

    private int Get(int option)
    {
        int value;
        nuint length = sizeof(int);
        while (Libzmq.GetOption(_socket.Handle, option, &value, &length) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted)
                throw ZmqException.Last($"reading socket option {option}", errno);
        }
        return value;
    }

    private void Apply(int option, void* value, int length)
    {
        _socket.Touch();
        if (Libzmq.SetOption(_socket.Handle, option, value, (nuint)length) != 0)
            throw ZmqException.Last($"setting socket option {option}");
    }
}
