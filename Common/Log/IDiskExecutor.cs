namespace Chorus.Common.Log;

/// <summary>
/// Where disk work runs: a thread of its own in production, scheduled events in the simulator. Jobs run one at a
/// time, in the order in which they were posted.
/// </summary>
public interface IDiskExecutor
{
    /// <summary>Hands over a job. Called by the loop's thread.</summary>
    void Post(IDiskJob job);
}
