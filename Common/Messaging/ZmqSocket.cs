using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>
/// A ZeroMQ socket. Owned by one thread: every call, the disposal too, comes from it. The Try methods never
/// block.
/// </summary>
public abstract unsafe class ZmqSocket : IDisposable
{
    private const int DontWait = 1;
    private const int SendMore = 2;

    private const int EventIn = 1;

    private readonly ZmqContext _context;
    private nint _handle;
    private bool _isWaitedFor;

    private protected ZmqSocket(ZmqContext context, SocketType type)
    {
        _context = context;
        _handle = Libzmq.SocketNew(context.Handle, (int)type);
        if (_handle == 0)
            throw ZmqException.Last("opening a ZeroMQ socket");
        context.SocketOpened();
        Options = new SocketOptions(this)
        {
            LingerMs = 0,
            ReconnectIntervalMs = 20,
            ReconnectIntervalMaxMs = 250,
            ConnectTimeoutMs = 2_000,
            HandshakeTimeoutMs = 5_000,
        };
    }

    /// <summary>Options; to be set before the first bind or connect.</summary>
    public SocketOptions Options { get; }

    internal nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(GetType().Name);

    internal bool IsDisposed => _handle == 0;

    internal ZmqContext Context => _context;

    /// <summary>
    /// Becomes readable when there is something to look at; says nothing of what was there at the last look already.
    /// </summary>
    internal int Descriptor => Options.Descriptor;

    /// <summary>Whether a <see cref="Poller"/> waits for the socket, and so tells of news.</summary>
    internal bool IsWaitedFor
    {
        get => _isWaitedFor;
        set => (_isWaitedFor, IsQuiet) = (value, false);
    }

    /// <summary>
    /// Whether the socket was found empty, and nothing has happened since that could have brought a message past its
    /// descriptor: everything that is done with a socket may take in what the descriptor had to tell.
    /// </summary>
    internal bool IsQuiet { get; private set; }

    /// <summary>Something is done with the socket.</summary>
    internal void Touch() => IsQuiet = false;

    /// <summary>Looks whether there is a message.</summary>
    internal bool HasMessage()
    {
        bool has = (Options.Events & EventIn) != 0;
        IsQuiet = !has && _isWaitedFor;
        return has;
    }

    /// <summary>Listens.</summary>
    /// <param name="endpoint">Where; port 0 lets the system choose.</param>
    /// <param name="flag">
    /// The flag with which the user chooses the endpoint, for the message when it is taken.
    /// </param>
    /// <returns>The endpoint with the port that the system chose, when 0 was asked for.</returns>
    /// <exception cref="ZmqException">The port is in use, or the address is not this machine's.</exception>
    public Endpoint Bind(Endpoint endpoint, string flag = "-port")
    {
        if (endpoint.Host.Contains(':'))
            Options.IPv6 = true;
        Touch();
        if (Libzmq.Bind(Handle, endpoint.BindAddress) != 0)
            throw ZmqException.Bind(endpoint, flag, Marshal.GetLastPInvokeError());
        return endpoint.Port != 0 ? endpoint : endpoint with { Port = Endpoint.Parse(Options.LastEndpoint).Port };
    }

    /// <summary>Stops listening, and closes every connection that came in there.</summary>
    /// <param name="address">As <see cref="SocketOptions.LastEndpoint"/> named it.</param>
    internal void Unbind(string address)
    {
        Touch();
        if (Libzmq.Unbind(Handle, address) != 0)
            throw ZmqException.Last($"closing {address}");
    }

    /// <summary>Listens once more where it did before.</summary>
    /// <returns>False where it cannot yet: what listened there is closed by another thread, a moment later.</returns>
    internal bool TryBind(string address)
    {
        Touch();
        return Libzmq.Bind(Handle, address) == 0;
    }

    /// <summary>Connects in the background, and again whenever the connection breaks.</summary>
    public void Connect(Endpoint endpoint)
    {
        if (endpoint.Host.Contains(':'))
            Options.IPv6 = true;
        Connect(endpoint.ConnectAddress);
    }

    /// <summary>Takes the next frame that arrived. Of a socket that a <see cref="Poller"/> waits for: by its last wait.
    /// </summary>
    /// <param name="message">Receives the frame; untouched when there is none.</param>
    public bool TryReceiveFrame(ZmqMessage message)
    {
        if (IsQuiet)
            return false;
        while (Libzmq.MessageReceive(message.Native, Handle, DontWait) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.Again)
            {
                IsQuiet = _isWaitedFor;
                return false;
            }
            if (errno != Errno.Interrupted)
                throw ZmqException.Last("receiving", errno);
        }

        return true;
    }

    /// <summary>Waits for the next frame.</summary>
    /// <returns>False when <see cref="SocketOptions.ReceiveTimeoutMs"/> passed.</returns>
    public bool ReceiveFrame(ZmqMessage message)
    {
        Touch();
        while (Libzmq.MessageReceive(message.Native, Handle, 0) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.Again)
                return false;
            if (errno != Errno.Interrupted)
                throw ZmqException.Last("receiving", errno);
        }

        return true;
    }

    /// <summary>Sends a frame if it can be queued now.</summary>
    /// <param name="frame">Copied before the call returns.</param>
    /// <param name="more">Whether another frame of the same message follows.</param>
    /// <returns>
    /// False when nobody is connected, the queue is full, or (ROUTER) the addressee is unknown.
    /// </returns>
    public bool TrySendFrame(ReadOnlySpan<byte> frame, bool more = false) => Send(frame, more, DontWait);

    /// <summary>Sends a frame, waiting for room.</summary>
    /// <returns>
    /// False when <see cref="SocketOptions.SendTimeoutMs"/> passed, or (ROUTER) the addressee is unknown.
    /// </returns>
    public bool SendFrame(ReadOnlySpan<byte> frame, bool more = false) => Send(frame, more, 0);

    /// <summary>
    /// Takes and drops what is left of the message of which <paramref name="message"/> is a part.
    /// </summary>
    internal void SkipRest(ZmqMessage message)
    {
        while (message.More && TryReceiveFrame(message))
        {
        }
    }

    internal void Connect(string address)
    {
        Touch();
        if (Libzmq.Connect(Handle, address) != 0)
            throw ZmqException.Last($"connecting to {address}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_handle == 0)
            return;
        _ = Libzmq.SocketClose(_handle);
        _handle = 0;
        _context.SocketClosed();
        GC.SuppressFinalize(this);
    }

    private bool Send(ReadOnlySpan<byte> frame, bool more, int flags)
    {
        Touch();
        flags |= more ? SendMore : 0;
        fixed (byte* bytes = frame)
        {
            while (Libzmq.Send(Handle, bytes, (nuint)frame.Length, flags) < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.Again || errno == Errno.HostUnreachable)
                    return false;
                if (errno != Errno.Interrupted)
                    throw ZmqException.Last("sending", errno);
            }
        }

        return true;
    }
}
