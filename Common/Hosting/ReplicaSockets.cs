using Chorus.Common.Messaging;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>The sockets of a replica, listening as soon as this is made.</summary>
internal sealed class ReplicaSockets : IDisposable
{
    private readonly List<IDisposable> _open = [];
    private readonly ZmqContext _context;
    private readonly ILogger _logger;

    /// <summary>Listens on all of them, or on none.</summary>
    /// <exception cref="ZmqException">A port is in use, or an address is not this machine's.</exception>
    public ReplicaSockets(ZmqContext context, ReplicaHostOptions options, ILogger logger)
    {
        (_context, _logger) = (context, logger);
        try
        {
            Clients = Open(new ZmqClientTransport(context, At(options.ClientEndpoint), "-port", null, logger));
            Peers = Open(new ZmqPeerTransport(context, At(options.PeerEndpoint), "-raft", null, logger));
            Feed = Open(new ZmqFeedOutlet(context, At(options.FeedListenEndpoint), "-feed", logger));
            Fetch = Open(new ZmqTransferClient(context, logger: logger));
            Transfer = Open(new ZmqTransferServer(
                context, At(options.TransferListenEndpoint), "-hrecov", null, logger));
            if (options.JoinListenEndpoint is { } join)
                Joins = Open(new ZmqClientTransport(context, At(join), "-hjoin", null, logger));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where clients ask.</summary>
    public ZmqClientTransport Clients { get; }

    /// <summary>Messages between replicas.</summary>
    public ZmqPeerTransport Peers { get; }

    /// <summary>The committed log, published.</summary>
    public ZmqFeedOutlet Feed { get; }

    /// <summary>
    /// Fetches from others what this node is far behind with; nothing waits for it, the loop looks at every tick.
    /// </summary>
    public ZmqTransferClient Fetch { get; }

    /// <summary>Where others fetch what this node has; not the loop's, but of the thread that serves.</summary>
    public ZmqTransferServer Transfer { get; }

    /// <summary>Where nodes join; null: nowhere.</summary>
    public ZmqClientTransport? Joins { get; }

    /// <summary>Has a poller wait for all that the loop owns.</summary>
    public void AddTo(Poller poller)
    {
        poller.Add(Clients.Socket);
        poller.Add(Peers.Socket);
        poller.Add(Feed.Socket);
        if (Joins is not null)
            poller.Add(Joins.Socket);
    }

    /// <summary>Another one that fetches, whose sockets are waited for; the caller closes it.</summary>
    public ZmqTransferClient OpenFetch(Poller poller) => new(_context, poller, logger: _logger);

    /// <summary>Closes them, the last one first.</summary>
    public void Dispose()
    {
        for (int i = _open.Count - 1; i >= 0; i--)
            _open[i].Dispose();
        _open.Clear();
    }

    private T Open<T>(T socket)
        where T : IDisposable
    {
        _open.Add(socket);
        return socket;
    }

    private static Endpoint At(HostEndpoint endpoint) => new(endpoint.Host, endpoint.Port);
}
