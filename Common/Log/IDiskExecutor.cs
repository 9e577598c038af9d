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

/// <summary>A piece of disk work.</summary>
public interface IDiskJob
{
    /// <summary>Writes. What it leaves unsynced may be lost or torn by a crash before <see cref="Sync"/>.</summary>
    void Write();

    /// <summary>Makes everything durable; then makes the completion visible to the loop (which the executor wakes).</summary>
    void Sync();

    /// <summary>
    /// Called instead of the rest when a step threw: makes the failure visible to the loop, which stops the node.
    /// </summary>
    void Fail(Exception error);
}
