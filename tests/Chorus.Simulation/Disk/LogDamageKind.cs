namespace Chorus.Simulation.Disk;

/// <summary>What can happen to a log and its snapshots on their disk.</summary>
internal enum LogDamageKind : byte
{
    /// <summary>A bit changes.</summary>
    FlippedBit,

    /// <summary>Sectors are read as zeros.</summary>
    LostSectors,

    /// <summary>A segment is gone that is not the newest.</summary>
    LostSegment,

    /// <summary>The newest segments are gone.</summary>
    LostSuffix,

    /// <summary>Two segments have changed their names.</summary>
    SwappedSegments,

    /// <summary>A bit of the newest snapshot changes.</summary>
    SpoiltSnapshot,

    /// <summary>A bit changes in every snapshot.</summary>
    SpoiltSnapshots,
}
