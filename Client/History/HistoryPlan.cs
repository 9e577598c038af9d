namespace Chorus.Client.History;

/// <summary>What the callers of a history do.</summary>
internal sealed record HistoryPlan
{
    public required int Callers { get; init; }

    /// <summary>Keys at a time; the last quarter of them are counters.</summary>
    public required int Keys { get; init; }

    /// <summary>Operations on a key, on average, before others take the place of all: short histories are decided
    /// quickly.</summary>
    public required int OperationsPerKey { get; init; }

    /// <summary>Operations that all callers together begin in a second, at most.</summary>
    public required double RatePerSec { get; init; }

    public required double TimeSec { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>What every key begins with.</summary>
    public required string Prefix { get; init; }

    /// <summary>How many of the keys, the first ones, are registers.</summary>
    public int Registers => Keys - Math.Max(1, Keys / 4);

    /// <summary>Whether a key holds a counter.</summary>
    public bool IsCounter(int key) => key % Keys >= Registers;
}
