using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>
/// Opens the log of a replica. While it is damaged, the process fetches what is missing, answers for its state, and
/// serves what is whole; to its peers it is silent.
/// </summary>
internal sealed class ReplicaRepair(
    ReplicaOptions own, ReplicaHostOptions options, ReplicaSockets sockets, LogView view, SystemClock clock,
    ILogger logger)
{
    private const int PeerFramesPerRound = 1_000;

    /// <summary>Opens the log; null when stopped.</summary>
    public RecordLog? Open(
        IStorage storage, IDiskExecutor disk, SnapshotStore snapshots, Wakeup wakeup, CancellationToken stop)
    {
        RepairDesk? desk = null;
        var poller = new Poller();
        poller.Add(sockets.Clients.Socket);
        poller.Add(wakeup);
        using ZmqTransferClient fetch = sockets.OpenFetch(poller);
        IReadOnlyList<Member> known = KnownMembers.Load(storage);
        RecordLog? log = RepairedLog.Open(
            storage, disk, options.Log,
            new LogOpening
            {
                ClusterId = own.ClusterId,
                CompleteFrom = CompleteFrom(snapshots),
                Snapshot = snapshots.Newest?.Header.Last,
                HasHardState = own.IsDurable,
            },
            damaged =>
            {
                desk = new RepairDesk(own, damaged, sockets.Clients);
                view.Replace(damaged.Intact);
                return new LogRepair(
                    own.Id, own.ClusterId, damaged, known, Peers(damaged, known), fetch, clock, own.CatchUpStream,
                    logger)
                {
                    MayBeginAnew = true,
                };
            },
            (repair, micros) =>
            {
                DropWhatPeersSay();
                if (repair is null)
                {
                    stop.WaitHandle.WaitOne(TimeSpan.FromMicroseconds(micros));
                    return;
                }
                desk!.DoWork(repair.Description);
                poller.WaitMicros(micros);
                wakeup.Clear();
            },
            clock, logger, stop);
        if (log is not null && desk is not null)
            view.Replace(log.ExtentUpTo(log.Recovered.KnownCommit));
        return log;
    }

    // A state in a file may lead on without the snapshots that were damaged; otherwise the start ends later.
    private LogIndex CompleteFrom(SnapshotStore snapshots) =>
        options.KeepsStateInFile && snapshots.DamagedIndex > LogIndex.Zero ? LogIndex.Zero : new LogIndex(1);

    // The peers of a fixed start may be no members any more, and are then silent for ever: they count only where
    // nothing else is known.
    private IEnumerable<string> Peers(DamagedLog damaged, IReadOnlyList<Member> known) =>
        damaged.Configuration.Members.Count + known.Count > 0
            ? own.KnownSources
            : own.KnownSources.Concat(options.Peers.Where(peer => peer.Id != own.Id).Select(peer =>
                MemberAddresses.TransferOf(new Member(peer.Id, 0, MemberKind.Voter, peer.Address.ToString(), ""))));

    // What waits in the socket would be stale when the node takes part again.
    private void DropWhatPeersSay()
    {
        for (int i = 0; i < PeerFramesPerRound && sockets.Peers.TryReceive(out _); i++)
        {
        }
    }
}
