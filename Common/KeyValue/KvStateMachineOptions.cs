
namespace Chorus.Common.KeyValue;

/// <summary>
/// Limits that a leader puts on what it proposes. They decide nothing when a command is applied: replicas
/// with different limits still reach the same state.
/// </summary>
public sealed record KvStateMachineOptions
{
    /// <summary>Longest key, in bytes. Default 4 KiB.</summary>
    public int KeyBytesMax { get; init; } = 4 << 10;

    /// <summary>Longest value, in bytes. Default 1 MiB.</summary>
    public int ValueBytesMax { get; init; } = 1 << 20;

    /// <summary>
    /// Memory for old contents that a snapshot under way still has to hand out, in bytes; a snapshot that would need
    /// more is given up. Default 128 MiB.
    /// </summary>
    public long SnapshotDisplacedBytesMax { get; init; } = 128 << 20;

    /// <summary>
    /// Entries from which on it wants to know what is coming: fewer are close to the processor anyway. Default 16,384.
    /// </summary>
    public int LookaheadEntriesMin { get; init; } = 1 << 14;

    /// <summary>
    /// Length of the segments of memory that keys and values are in, once there are enough of them, in bytes: 128 to
    /// 1 GiB. Default 16 MiB.
    /// </summary>
    public int SegmentBytesMax { get; init; } = 16 << 20;
}
