using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Recovery;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Backup;

/// <summary>
/// Backs a cluster up while it works: the newest snapshot that a member has, and the log behind it; the next time only
/// what has come since. Then it makes the state of what is on the disk, and compares it with the replicas'.
/// </summary>
/// <remarks>
/// A backup is a directory of the same files as a replica's or a logger's, locked while it is written: tools that read
/// those read it, too. It belongs to a node that no cluster has.
/// </remarks>
/// <param name="options">What to do.</param>
/// <param name="stop">Ends it early; what has come so far is a backup.</param>
public sealed class BackupRun(BackupOptions options, CancellationToken stop)
{
    /// <summary>Name in the identity of every backup.</summary>
    public const string NodeName = "backup";

    private readonly SystemClock _clock = new();

    /// <summary>Backs up.</summary>
    /// <param name="context">Outlives the call.</param>
    /// <exception cref="ChorusException">It failed; says why and what to do.</exception>
    public BackupResult Run(ZmqContext context)
    {
        using var pump = new Pump(context, _clock, stop);
        SourceChoice sources = SourceChoice.Of(
            pump.Survey([.. options.Sources.Select(source => source.ToString())]));
        var digests = new ReplicaDigests(() => ReplicaDigests.Ask(
            options.Servers.Count > 0
                ? [.. options.Servers.Select(server => server.ToString())]
                : sources.ClientAddresses,
            sources.ClusterId));
        Comparison comparison = digests.Choose(sources.Limit, null, stop);
        Fetched fetched = Fetch(pump, sources, digests.StateBase ?? sources.StateBase, comparison);
        ReplayedState state = StateReplay.Run(options.Directory, null, withUncommitted: false, stop);
        return new BackupResult
        {
            ClusterId = sources.ClusterId,
            FetchedSnapshot = fetched.Snapshot,
            From = fetched.From,
            Last = state.Last.Index,
            Bytes = fetched.Bytes,
            IsIncremental = fetched.IsIncremental,
            State = state,
            Comparison = comparison,
        };
    }

    private sealed record Fetched(LogIndex Snapshot, LogIndex From, long Bytes, bool IsIncremental);

    private Fetched Fetch(Pump pump, SourceChoice sources, string stateBase, Comparison comparison)
    {
        using NodeDirectory directory = NodeDirectory.Open(options.Directory, NodeName, isObserver: true);
        directory.CheckCluster(sources.ClusterId);
        bool isNew = directory.ClusterId == Guid.Empty;
        if (isNew)
            directory.SetCluster(sources.ClusterId, stateBase);
        bool isIncremental = !directory.IsLogEmpty;
        long bytes = 0;
        SnapshotInfo? fetched = null;
        SnapshotInfo? newest = SnapshotStore.Open(directory.Storage, sources.ClusterId).Newest;
        RecordLogFile log = OpenLog(directory, newest);
        bool isKept = sources.Sources.Any(source => source.First <= log.Last.Index.Next);
        if (!isIncremental || !isKept)
        {
            LogIndex wanted = log.Last.Index.Next;
            // A log begins anew behind another snapshot.
            log.Dispose();
            using var download = new SnapshotDownload(
                pump.Transport, _clock, directory.Storage, sources.ClusterId, wanted);
            fetched = download.Run(pump, sources.Sources.Select(source => source.Address));
            newest = fetched ?? newest;
            bytes += fetched is null ? 0 : download.Bytes;
            if (fetched is null && !isKept)
                throw Gap(wanted, sources, download.Refusals);
            log = OpenLog(directory, newest);
        }
        using RecordLogFile open = log;
        RecordHeader previous = log.Last;
        if (comparison.Index > previous.Index)
        {
            var target = new LogTarget(log);
            pump.Run(
                new StripedFetch(pump.Transport, _clock, PlanOf(sources, previous, comparison.Index)), target, null,
                () => { });
            bytes += target.Bytes;
        }
        log.Complete();
        return new Fetched(fetched?.Index ?? LogIndex.Zero, previous.Index.Next, bytes, isIncremental);
    }

    private RecordLogFile OpenLog(NodeDirectory directory, SnapshotInfo? newest) =>
        new(options.Directory, directory.Storage, directory.ClusterId, newest?.Header.Last);

    private static FetchPlan PlanOf(SourceChoice sources, RecordHeader previous, LogIndex last) => new()
    {
        Sources =
        [
            .. sources.Sources.Where(source => source.First <= previous.Index.Next).Select(source => source.Address),
        ],
        ClusterId = sources.ClusterId,
        From = previous.Index.Next,
        Until = last.Next,
        Previous = previous.Index == LogIndex.Zero ? null : previous,
    };

    private ChorusException Gap(LogIndex wanted, SourceChoice sources, IReadOnlyList<string> refusals) =>
        ChorusException.Failed(
            "gap",
            $"no source keeps index {wanted} any more (the oldest that one has is "
                + $"{sources.Sources.Min(source => source.First)}), or has a snapshot behind it: "
                + string.Join("; ", refusals),
            $"Name a replica among the sources, or a logger that keeps more; {options.Directory} is as it was");

    private sealed class LogTarget(RecordLogFile log) : IChunkTarget
    {
        public long Bytes { get; private set; }

        public void Install(FetchedRecords chunk)
        {
            Bytes += chunk.Bytes.Length;
            log.Append(chunk);
        }

        public void Settle() => log.Complete();
    }
}
