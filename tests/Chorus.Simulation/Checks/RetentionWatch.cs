using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Simulation.Checks;

/// <summary>
/// What a logger gives up of its record: beyond its budget only, and what a transfer under way or an observer behind it
/// still needs only beyond twice the budget (trap 28).
/// </summary>
/// <param name="logger">Its name.</param>
/// <param name="log">Its record.</param>
/// <param name="keepBytes">Its budget.</param>
/// <param name="segmentBytes">Size of its segments.</param>
/// <param name="reports">What observers behind it have said.</param>
internal sealed class RetentionWatch(
    string logger, RecordLog log, long keepBytes, long segmentBytes, ObserverReports reports)
{
    private LogIndex _first;
    private LogIndex _needed;

    /// <summary>A round of work begins.</summary>
    /// <param name="pinned">What transfers need.</param>
    /// <param name="members">Who is named.</param>
    public void BeforeStep(LogIndex pinned, Configuration members)
    {
        _first = log.FirstIndex;
        _needed = pinned;
        foreach (Member member in members.Members)
        {
            if (member.Kind == MemberKind.Observer && reports.Find(member) is { } report)
                _needed = LogIndex.Min(_needed, report.DurableIndex.Next);
        }
    }

    /// <summary>It has ended.</summary>
    /// <param name="extent">What is shown now.</param>
    public void AfterStep(LogExtent extent)
    {
        if (log.FirstIndex == _first)
            return;
        // The files that are left, were they all full.
        long left = extent.Segments.Count * segmentBytes;
        long owed = log.FirstIndex > _needed ? 2 * keepBytes : keepBytes;
        if (left < owed)
        {
            throw new Violation("what is needed is kept",
                $"{logger} cuts to {log.FirstIndex}, {_needed} is needed, and has {left} bytes at most of {owed}");
        }
    }
}
