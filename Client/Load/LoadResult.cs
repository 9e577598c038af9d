using Chorus.Client.Acked;
using Chorus.Client.Measure;

namespace Chorus.Client.Load;

/// <summary>What a run measured.</summary>
internal sealed record LoadResult
{
    public required DateTime BeginUtc { get; init; }

    /// <summary>Length of the measured window as it turned out.</summary>
    public required double WindowSec { get; init; }

    /// <summary>Operations that succeeded within the window: what throughput counts.</summary>
    public required long CompletedInWindow { get; init; }

    /// <summary>Figures of all operations that were due in the window.</summary>
    public required Totals Totals { get; init; }

    /// <summary>Second by second, without the warm-up.</summary>
    public required IReadOnlyList<Sample> Samples { get; init; }

    /// <summary>Operations that were due and never sent, since all callers were busy (open loop).</summary>
    public required long Unsent { get; init; }

    /// <summary>Callers whose last operation was not answered before the drain ended.</summary>
    public required int Stuck { get; init; }

    /// <summary>Whether the run was stopped before its end.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Keys that were written; null when no account was kept.</summary>
    public IReadOnlyList<AckedKey>? Acked { get; init; }

    /// <summary>Number of the run, part of its values.</summary>
    public uint Run { get; init; }

    /// <summary>Reads that did not show the last acknowledged value.</summary>
    public long WrongReads { get; init; }

    public string FirstWrongRead { get; init; } = "";

    public long Operations => Totals.Service.Count;

    public double OperationsPerSec => WindowSec > 0 ? CompletedInWindow / WindowSec : 0;
}
