using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// What observers have said about how far their records are durable. Decides nothing: a leader shows it, and keeps log
/// for it (trap 19). Written by the transfer thread, read by the loop.
/// </summary>
public sealed class ObserverReports
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, ObserverReport> _reports = [];

    /// <summary>Takes a report; the newest counts. Beyond as many names as a cluster can have members, none is taken.
    /// </summary>
    public void Set(ObserverReport report)
    {
        lock (_gate)
        {
            if (_reports.Count < Configuration.MembersMax || _reports.ContainsKey(report.Id))
                _reports[report.Id] = report;
        }
    }

    /// <summary>What an observer said last; null when nothing, or when another incarnation said it.</summary>
    public ObserverReport? Find(Member observer)
    {
        lock (_gate)
        {
            return _reports.TryGetValue(observer.Id, out ObserverReport report)
                && report.Incarnation == observer.Incarnation ? report : null;
        }
    }

    /// <summary>Forgets those who are not named.</summary>
    public void Retain(Configuration configuration)
    {
        lock (_gate)
        {
            foreach (NodeId id in _reports.Keys.Where(id => configuration.Find(id) is null).ToArray())
                _reports.Remove(id);
        }
    }
}
