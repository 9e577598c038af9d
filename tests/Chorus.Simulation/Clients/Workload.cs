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

    /// <summary>Share of deletes.</summary>
    public double DeleteShare { get; init; } = 0.1;

    /// <summary>Mean pause between operations.</summary>
    public double ThinkMicros { get; init; } = 10_000;

    /// <summary>Most bytes added to a value.</summary>
    public int PaddingMax { get; init; } = 100;

    /// <summary>How long a client tries one operation.</summary>
    public long OperationTimeoutMicros { get; init; } = 2_000_000;

    /// <summary>How long a client waits for one answer to a read before it asks another server.</summary>
    public long AttemptTimeoutMicros { get; init; } = 400_000;
}
