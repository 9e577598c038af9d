namespace Chorus.Common.Messaging;

/// <summary>
/// The home of a process's ZeroMQ sockets and of the I/O thread that moves their bytes. Thread-safe; the
/// sockets made from it are not. Dispose every socket first.
/// </summary>
public sealed class ZmqContext : IDisposable
{
    private const int IoThreadsOption = 1;
    private const int MaxSocketsOption = 2;
    private const int SocketsMax = 4096;

    private nint _handle;
    private int _openSockets;

    /// <summary>Loads libzmq and starts a context.</summary>
    /// <param name="ioThreads">Threads that move bytes; one carries about a gigabyte a second.</param>
    /// <exception cref="LibzmqMissingException">Native libzmq is not installed.</exception>
    public ZmqContext(int ioThreads = 1)
    {
        LibzmqResolver.EnsureLoaded();
        LibcAllocator.KeepLargeBlocks();
        _handle = Libzmq.ContextNew();
        if (_handle == 0)
            throw ZmqException.Last("starting ZeroMQ");
        _ = Libzmq.ContextSet(_handle, IoThreadsOption, ioThreads);
        _ = Libzmq.ContextSet(_handle, MaxSocketsOption, SocketsMax);
    }

    internal nint Handle => _handle;

    /// <summary>
    /// Ends the context. Calls that still wait on its sockets return with an error. Sockets that were not
    /// disposed are left to the end of the process, because waiting for them could wait for ever.
    /// </summary>
    public void Dispose()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle == 0)
            return;
        _ = Libzmq.ContextShutdown(handle);
        if (Volatile.Read(ref _openSockets) == 0)
            _ = Libzmq.ContextTerminate(handle);
    }

    internal void SocketOpened() => Interlocked.Increment(ref _openSockets);

    internal void SocketClosed() => Interlocked.Decrement(ref _openSockets);
}
