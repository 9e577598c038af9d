using Chorus.Common.Transfer;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>What a seed decides about those who follow the log; most seeds have none of them.</summary>
internal sealed class FollowingPlan
{
    /// <summary>Size of the segments of a logger that does not keep everything.</summary>
    public const long SegmentBytes = 16 << 10;

    public FollowingPlan(SeededRandom random)
    {
        bool isFollowed = random.Chance(0.4);
        Loggers = isFollowed ? random.Pick([0, 1, 2, 2, 3]) : 0;
        KeepBytes = random.Pick<int?>([null, 1, 2, 4]) * SegmentBytes;
        IsTree = random.Chance(0.7);
        Subscribers = isFollowed ? random.Pick([0, 1, 1]) : 0;
        LosesLastBatches = random.Chance(0.5);
        HeldBytesMax = random.Pick([1_000L, 20_000, 8 << 20]);
        Fetch = new TransferStreamOptions
        {
            ChunkBytes = random.Pick([200, 4_096, 256 << 10]),
            WindowChunks = random.Pick([1, 2, 16]),
        };
        Serve = new TransferServerOptions
        {
            StreamsMax = random.Pick([1, 4, 64]),
            ChunkBytesMax = random.Pick([200, 4_096, 1 << 20]),
            RoundBytesMax = random.Pick([1, 10_000, 4 << 20]),
            RoundMessagesMax = random.Pick([1, 64]),
            FollowMicros = 5_000,
        };
    }

    /// <summary>Machines on which loggers run: observers that are members.</summary>
    public int Loggers { get; }

    /// <summary>How much of their record loggers keep; null: all of it.</summary>
    public long? KeepBytes { get; }

    /// <summary>Whether each logger follows the one before it rather than a replica.</summary>
    public bool IsTree { get; }

    /// <summary>Applications that follow the log without being members.</summary>
    public int Subscribers { get; }

    /// <summary>Whether the feeds lose the records of the last writes of all, when faults are long over.</summary>
    public bool LosesLastBatches { get; }

    /// <summary>Bytes of live records that a follower of the log holds back.</summary>
    public long HeldBytesMax { get; }

    /// <summary>Limits of a fetch.</summary>
    public TransferStreamOptions Fetch { get; }

    /// <summary>Limits of a transfer service.</summary>
    public TransferServerOptions Serve { get; }

    public override string ToString()
    {
        string chain = IsTree ? " in a chain" : "";
        string keep = KeepBytes is { } bytes ? $" of {bytes} bytes" : "";
        return $"{Loggers} loggers{chain}{keep}, {Subscribers} subscribers";
    }
}
