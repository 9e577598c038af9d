using Chorus.Common.Log;

namespace Chorus.Simulation.Checks;

/// <summary>What one process shows other threads of its log: what is committed and durable (trap 24).</summary>
/// <param name="owner">The machine whose log it is.</param>
/// <param name="view">Where it shows it.</param>
internal sealed class ExtentWatch(string owner, LogView view)
{
    private const string Invariant = "only what is committed and durable is shown";

    private LogExtent? _seen;

    /// <summary>The process has done a round of work.</summary>
    /// <param name="committed">What is committed.</param>
    /// <param name="log">The log.</param>
    public void AfterStep(CommittedLog committed, RecordLog log)
    {
        if (view.Extent is not { } extent || ReferenceEquals(extent, _seen))
            return;
        _seen = extent;
        RecordHeader limit = extent.Limit;
        if (limit.Index > log.DurableIndex)
            throw new Violation(Invariant, $"{owner} shows {limit.Index}, {log.DurableIndex} is durable");
        if (committed.At(limit.Index.Value) != new LogEntry(limit.Term.Value, limit.Chain))
            throw new Violation(Invariant, $"{owner} shows record {limit.Index} of term {limit.Term}, not committed");
    }
}
