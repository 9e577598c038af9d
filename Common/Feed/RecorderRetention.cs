using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>
/// Gives up the oldest part of a record beyond a budget, a whole segment at a time. A transfer under way and an
/// observer that follows this one may hold as much again; who is further behind is answered with a typed gap (trap 28).
/// </summary>
internal sealed class RecorderRetention(RecordLog log, long keepBytes, RecorderPorts ports)
{
    private const long ReportPatienceMicros = 60_000_000;

    /// <summary>Cuts, if there is anything to cut.</summary>
    /// <param name="members">The members: others' reports do not count.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <returns>Whether something was cut off.</returns>
    public bool Work(Configuration members, long nowMicros)
    {
        LogIndex wanted = log.CutToKeep(keepBytes);
        if (wanted <= log.FirstIndex)
            return false;
        LogIndex needed = Mutants.PinsIgnored ? wanted : Needed(members, nowMicros);
        if (needed < wanted)
            wanted = LogIndex.Max(needed, log.CutToKeep(2 * keepBytes));
        return wanted > log.FirstIndex && log.CutBefore(wanted);
    }

    private LogIndex Needed(Configuration members, long nowMicros)
    {
        LogIndex lowest = ports.LowestPinned?.Invoke() ?? new LogIndex(ulong.MaxValue);
        if (ports.Reports is not { } reports)
            return lowest;
        foreach (Member member in members.Members)
        {
            if (member.Kind == MemberKind.Observer && reports.Find(member) is { } report
                && nowMicros - report.ReceivedAtMicros < ReportPatienceMicros)
                lowest = LogIndex.Min(lowest, report.DurableIndex.Next);
        }
        return lowest;
    }
}
