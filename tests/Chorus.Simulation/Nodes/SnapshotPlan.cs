using Chorus.Common.Replica;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>When replicas take snapshots, and how little of their log they keep.</summary>
internal sealed class SnapshotPlan
{
    /// <param name="random">Chance.</param>
    /// <param name="isFollowed">
    /// Whether somebody follows the log from its beginning: then it is not cut, for what is gone nobody could bring
    /// him.
    /// </param>
    public SnapshotPlan(SeededRandom random, bool isFollowed)
    {
        Options = new SnapshotOptions
        {
            EveryBytes = random.Pick([1L, 2_000, 10_000, 40_000, 1L << 40]),
            KeepBytes = random.Pick([0L, 0, 20_000, 100_000]),
            KeepMicros = random.Pick([0L, 0, 1_000_000]),
            PieceBytes = random.Pick([1, 200, 4_096]),
            BytesPerSecond = random.Pick([10_000L, 1 << 30]),
            RetryMicros = 300_000,
        };
        if (isFollowed)
            Options = Options with { KeepBytes = 1L << 40 };
        DisplacedBytesMax = random.Pick([200L, 4_000, 1 << 20]);
        FetchBytesPerSecond = random.Pick([20_000L, 1 << 30]);
        Options = Options with
        {
            StaleBytes = random.Pick([1L, 1_000, 1L << 40]),
            HurriedBytesPerSecond = random.Pick([20_000L, 1 << 30]),
            NewerMicrosMax = random.Pick([500_000L, 600_000_000]),
        };
    }

    public SnapshotOptions Options { get; }

    /// <summary>Memory for old contents that a snapshot under way still has to hand out.</summary>
    public long DisplacedBytesMax { get; }

    /// <summary>How fast a snapshot is fetched.</summary>
    public long FetchBytesPerSecond { get; }

    public override string ToString() =>
        $"a snapshot every {Options.EveryBytes} bytes, {Options.KeepBytes} bytes of log kept";
}
