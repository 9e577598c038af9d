using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Cuts the log off behind snapshots, a whole segment at a time: keeps what a start from the older snapshot needs, a
/// number of bytes, what is young, and, within twice those bytes, what a transfer under way, a member or an observer
/// still needs (trap 28).
/// </summary>
internal sealed class LogRetention(
    ReplicaOptions options, SnapshotPort port, RaftNode node, RecordLog log, ReplicaPorts ports)
{
    private const long LookMicros = 1_000_000;
    private const long ReportPatienceMicros = 60_000_000;

    private long _lookAt;

    /// <summary>Cuts, if there is anything to cut.</summary>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="unixMicros">Time as the log has it.</param>
    /// <param name="applied">Last index applied: a state in a file may be behind the snapshots after a start.</param>
    /// <returns>Whether something was cut off.</returns>
    public bool Work(long nowMicros, long unixMicros, LogIndex applied)
    {
        if (nowMicros < _lookAt)
            return false;
        _lookAt = nowMicros + LookMicros;
        LogIndex safe = port.Store.SafeIndex;
        if (safe < log.FirstIndex)
            return false;
        LogIndex settled = LogIndex.Min(applied, LogIndex.Min(node.Commit, node.DurableIndex));
        LogIndex limit = LogIndex.Min(safe, settled).Next;
        LogIndex wanted = LogIndex.Min(limit, log.CutToKeep(options.Snapshots.KeepBytes));
        if (wanted <= log.FirstIndex)
            return false;
        LogIndex needed = Mutants.PinsIgnored ? wanted : Needed(nowMicros, unixMicros);
        if (needed < wanted)
            wanted = LogIndex.Max(needed, LogIndex.Min(limit, log.CutToKeep(2 * options.Snapshots.KeepBytes)));
        return wanted > log.FirstIndex && log.CutBefore(wanted);
    }

    private LogIndex Needed(long nowMicros, long unixMicros)
    {
        LogIndex lowest = port.LowestPinned?.Invoke() ?? new LogIndex(ulong.MaxValue);
        lowest = LogIndex.Min(lowest, log.FirstSince(unixMicros - options.Snapshots.KeepMicros));
        foreach (PeerStatus peer in node.Peers)
        {
            if (peer.RecentlyActive)
                lowest = LogIndex.Min(lowest, peer.Match.Next);
        }
        foreach (Member member in node.Configuration.Members)
        {
            if (member.Kind == MemberKind.Observer && ports.Reports?.Find(member) is { } report
                && nowMicros - report.ReceivedAtMicros < ReportPatienceMicros)
                lowest = LogIndex.Min(lowest, report.DurableIndex.Next);
        }
        return lowest;
    }
}
