using Chorus.Common.Messaging;

namespace Chorus.Common.Client;

/// <summary>
/// Connections by address: to the servers that the user named, and to those heard of since.
/// </summary>
internal sealed class LinkTable : IDisposable
{
    private const int LinksMax = 64;

    private readonly ZmqContext _context;
    private readonly Poller _poller;

    internal LinkTable(ZmqContext context, Poller poller, IEnumerable<Endpoint> configured)
    {
        _context = context;
        _poller = poller;
        foreach (Endpoint endpoint in configured.Distinct())
            Open(endpoint, configured: true);
    }

    internal List<Link> All { get; } = [];

    /// <summary>The connection that is being read, which therefore cannot be given up.</summary>
    internal Link? Current { get; set; }

    internal int ConnectedCount => All.Count(static link => link.IsConnected);

    /// <summary>The connection with a server, opened when it is new; null when there are too many.</summary>
    /// <param name="endpoint">Its address.</param>
    /// <param name="keep">A connection that is not to be given up to make room.</param>
    internal Link? GetOrOpen(Endpoint endpoint, Link? keep)
    {
        foreach (Link link in All)
        {
            if (link.Endpoint == endpoint)
                return link;
        }

        if (All.Count >= LinksMax && !MakeRoom(keep))
            return null;
        return Open(endpoint, configured: false);
    }

    public void Dispose()
    {
        foreach (Link link in All)
            link.Dispose();
        All.Clear();
    }

    private Link Open(Endpoint endpoint, bool configured)
    {
        Link link = new(_context, endpoint, configured) { UsedAtMs = Environment.TickCount64 };
        All.Add(link);
        _poller.Add(link.Socket);
        _poller.Add(link.Monitor.Socket);
        return link;
    }

    // Servers come and go over the years, and anybody can be named in a hint.
    private bool MakeRoom(Link? keep)
    {
        Link? oldest = All
            .Where(link => !link.Configured && link != keep && link != Current)
            .Where(static link => link.Unanswered == 0 && link.Own.Count == 0)
            .MinBy(static link => link.UsedAtMs);
        if (oldest is null)
            return false;
        All.Remove(oldest);
        _poller.Remove(oldest.Socket);
        _poller.Remove(oldest.Monitor.Socket);
        oldest.Dispose();
        return true;
    }
}
