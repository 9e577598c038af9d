namespace Chorus.Simulation.Disk;

/// <summary>How fast a disk is; faults change it while it runs.</summary>
internal sealed class DiskPace
{
    /// <summary>Mean time until a batch is written, in microseconds.</summary>
    public double WriteMicros { get; set; } = 50;

    /// <summary>Mean time of a sync, in microseconds.</summary>
    public double SyncMicros { get; set; } = 500;
}
