using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>
/// What a replica's log says about its core and its disk: where somebody should act, with cause and cure; and about a
/// search for a leader that goes on and on, a line a minute.
/// </summary>
internal sealed class EventLines(NodeId node, IClock clock, ILogger logger)
{
    private const long SearchLineMicros = 60_000_000;

    private long? _searchesSince;
    private long _saidAt;
    private int _campaigns;
    private bool _isDiskFull;

    /// <summary>Whether the cluster has removed this node: then it is no news that it knows of no leader.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>Something has happened in the core.</summary>
    public void Note(in RaftEvent e)
    {
        if (IsSearch(e) && !BeginsSearch())
            return;
        (LogLevel level, string cure) = Explain(e);
        if (cure.Length == 0)
            logger.RaftEvent(node, e.Kind, e.Node, e.Term, e.Index);
        else
            logger.RaftEventToActOn(level, node, e.Kind, e.Node, e.Term, e.Index, cure);
    }

    /// <summary>Whether the disk has room for what clients write.</summary>
    public void NoteDisk(bool isFull)
    {
        if (isFull == _isDiskFull)
            return;
        _isDiskFull = isFull;
        if (isFull)
            logger.DiskFull(node);
        else
            logger.DiskHasRoom(node);
    }

    private static (LogLevel Level, string Cure) Explain(in RaftEvent e) => e.Kind switch
    {
        RaftEventKind.LostQuorum => (
            LogLevel.Warning,
            "Too few voters have answered for an election timeout. Look at them and at the network between: this node "
                + "leads no more, and so many as a majority elect another leader"),
        RaftEventKind.DiskStalled => (
            LogLevel.Warning,
            "The own disk makes no progress: this node neither leads nor campaigns until it does. Look at the disk"),
        RaftEventKind.WrongIncarnation => (
            LogLevel.Warning,
            "Its data directory is not the one that this member had. If that one is lost: Client members replace "
                + e.Node),
        RaftEventKind.LogLossProven => (
            LogLevel.Error,
            "It may have acknowledged what is missing: no votes and no acknowledgements until it has caught up. "
                + "Look at its disk"),
        RaftEventKind.AwaitsFounder => (
            LogLevel.Warning,
            "Not every voter is known here by its data directory, as when a cluster begins (-peer): an election may "
                + $"take them all. Start {e.Node}; if this node has lost its disk, replace it instead "
                + "(docs/operations.md)"),
        _ => (LogLevel.Information, ""),
    };

    // A node that is cut off asks around twice a second; so does one that is never elected.
    private bool IsSearch(in RaftEvent e)
    {
        if (e.Kind is RaftEventKind.LeaderKnown or RaftEventKind.BecameLeader)
            (_searchesSince, _campaigns) = (null, 0);
        return e.Kind switch
        {
            RaftEventKind.BecamePreCandidate => true,
            RaftEventKind.BecameFollower => _searchesSince is not null,
            RaftEventKind.BecameCandidate => _searchesSince is not null && _campaigns++ > 0,
            _ => false,
        };
    }

    private bool BeginsSearch()
    {
        long now = clock.MonotonicMicros;
        if (_searchesSince is not { } since)
        {
            (_searchesSince, _saidAt) = (now, now);
            return true;
        }
        if (!IsRemoved && now - _saidAt >= SearchLineMicros)
        {
            _saidAt = now;
            logger.NoLeader(node, (now - since) / 1_000_000);
        }
        return false;
    }
}
