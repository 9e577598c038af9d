using Chorus.Common.Protocol;

namespace Chorus.Simulation.Clients;

/// <summary>What clients do and how fast.</summary>
internal sealed class Workload
{
    /// <summary>Whether clients begin new operations.</summary>
    public bool IsRunning { get; set; } = true;

    /// <summary>Number of clients.</summary>
    public int Clients { get; init; } = 4;

    /// <summary>Number of keys; few, so that operations meet.</summary>
    public int Keys { get; init; } = 3;

    /// <summary>Share of gets.</summary>
    public double ReadShare { get; init; } = 0.4;

    /// <summary>How gets are asked for, each as often as it stands here.</summary>
    public IReadOnlyList<ReadMode> Reads { get; init; } = [ReadMode.Server];

    /// <summary>Share of gets that are asked of any server, not of the one that led last.</summary>
    public double ReadsAnywhere { get; init; }

    /// <summary>Share of deletes.</summary>
    public double DeleteShare { get; init; } = 0.1;

    /// <summary>Share of compare-and-sets among what is neither get nor delete.</summary>
    public double CompareShare { get; set; }

    /// <summary>Share of operations on a counter: increments and gets.</summary>
    public double CounterShare { get; set; }

    /// <summary>Share of clients that send writes in sessions, and send them again until they are answered.</summary>
    public double SessionShare { get; set; }

    /// <summary>Mean pause between operations.</summary>
    public double ThinkMicros { get; init; } = 10_000;

    /// <summary>Most bytes added to a value.</summary>
    public int PaddingMax { get; init; } = 100;

    /// <summary>How long a client tries one operation.</summary>
    public long OperationTimeoutMicros { get; init; } = 2_000_000;

    /// <summary>How long a client waits for one answer to a read before it asks another server.</summary>
    public long AttemptTimeoutMicros { get; init; } = 400_000;
}
