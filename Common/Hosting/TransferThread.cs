using Chorus.Common.Messaging;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>A transfer service and the socket on which it is asked.</summary>
/// <param name="Server">The service, over <paramref name="Socket"/>.</param>
/// <param name="Socket">Its socket.</param>
public sealed record TransferService(TransferServer Server, ZmqTransferServer Socket);

/// <summary>
/// One thread that runs transfer services: a replica has one of them, a logger one for each cluster. Nobody else waits
/// for this thread, and it waits for nobody.
/// </summary>
public sealed class TransferThread : IDisposable
{
    private const long WaitMicrosMax = 1_000_000;

    private readonly IReadOnlyList<TransferService> _services;
    private readonly IClock _clock;
    private readonly ILogger _logger;
    private readonly Poller _poller = new();
    private readonly Wakeup _wakeup = new();
    private readonly Thread _thread;
    private volatile bool _isStopping;

    /// <summary>Starts the thread, which owns services and sockets from now on.</summary>
    /// <param name="services">What it runs.</param>
    /// <param name="clock">The services' clock.</param>
    /// <param name="logger">Hears when the thread has to give up.</param>
    public TransferThread(IReadOnlyList<TransferService> services, IClock clock, ILogger logger)
    {
        _services = services;
        _clock = clock;
        _logger = logger;
        foreach (TransferService service in services)
            _poller.Add(service.Socket.Socket);
        _poller.Add(_wakeup);
        _thread = new Thread(Run) { Name = "transfer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends the thread, and then services and sockets.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _wakeup.Signal();
        _thread.Join();
        foreach (TransferService service in _services)
        {
            service.Server.Dispose();
            service.Socket.Dispose();
        }
        _wakeup.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!_isStopping)
            {
                long next = long.MaxValue;
                foreach (TransferService service in _services)
                {
                    service.Server.DoWork();
                    next = Math.Min(next, service.Server.NextWorkMicros);
                }
                _poller.WaitMicros(MicrosUntil(next));
            }
        }
        catch (Exception error)
        {
            // Whoever fetches here goes elsewhere; the node itself is not harmed, and goes on.
            _logger.TransferStopped(error);
        }
    }

    private long MicrosUntil(long micros) => Math.Clamp(micros - _clock.MonotonicMicros, 0, WaitMicrosMax);
}
