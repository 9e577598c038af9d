using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>All that a replica does about snapshots: takes them, cuts the log behind them, fetches others'.</summary>
internal sealed class SnapshotDesk
{
    private readonly ReplicaOptions _options;
    private readonly RaftNode _node;
    private readonly RecordLog _log;
    private readonly PeerLink _link;
    private readonly ReplicaCounters _counters;
    private readonly ILogger _logger;
    private readonly LogRetention _retention;

    /// <summary>Makes it idle.</summary>
    /// <param name="options">Who this node is, and when it takes snapshots.</param>
    /// <param name="ports">What it speaks to the world through; that of snapshots among them.</param>
    /// <param name="node">The core.</param>
    /// <param name="log">Its log.</param>
    /// <param name="link">Holds messages back that read the log.</param>
    /// <param name="applier">Applies, and copies the state between two commands.</param>
    /// <param name="isTermDurable">Whether the disk knows the node's term.</param>
    /// <param name="counters">Counts.</param>
    /// <param name="logger">Hears what happens.</param>
    public SnapshotDesk(
        ReplicaOptions options, ReplicaPorts ports, RaftNode node, RecordLog log, PeerLink link, Applier applier,
        Func<bool> isTermDurable, ReplicaCounters counters, ILogger logger)
    {
        options.Snapshots.Validate();
        (_options, _node, _log, _link, _counters, _logger) = (options, node, log, link, counters, logger);
        SnapshotPort port = ports.Snapshots!;
        Taker = new SnapshotTaker(options, port, node, log, applier.State, isTermDurable, counters, logger);
        applier.Snapshots = Taker;
        _retention = new LogRetention(options, port, node, log, ports);
        if (ports.Fetch is { } fetch)
            Fetch = new SnapshotFetch(options, port, node, fetch, isTermDurable, logger);
    }

    /// <summary>Takes snapshots.</summary>
    public SnapshotTaker Taker { get; }

    /// <summary>Fetches others'; null: nobody can be asked.</summary>
    public SnapshotFetch? Fetch { get; }

    /// <summary>Monotonic time at which it has something to do, whatever comes; far away while it has not.</summary>
    public long NextWorkMicros => Math.Min(Taker.NextWorkMicros, Fetch?.NextWorkMicros ?? long.MaxValue);

    /// <summary>What the core is told of a snapshot.</summary>
    public static SnapshotMark? Mark(SnapshotInfo? snapshot) => snapshot is null
        ? null
        : new SnapshotMark(snapshot.Index, snapshot.Header.Last.Term, snapshot.Header.Configuration);

    /// <summary>Once a round of the loop, when nothing of the core's waits to be taken.</summary>
    /// <param name="clock">What time it is.</param>
    /// <param name="applied">Last index applied.</param>
    /// <param name="isCatchingUp">Whether the node fetches what others have committed long ago.</param>
    /// <returns>Whether the log was cut.</returns>
    public bool Work(IClock clock, LogIndex applied, bool isCatchingUp)
    {
        Taker.Work(clock.MonotonicMicros, applied, isCatchingUp);
        if (!_retention.Work(clock.MonotonicMicros, clock.UnixMicros, applied))
            return false;
        _counters.LogCuts++;
        _link.Cut(_log.FirstIndex);
        _node.LogCut(_log.Base.Index);
        _logger.LogCut(_options.Id, _log.FirstIndex);
        return true;
    }
}
