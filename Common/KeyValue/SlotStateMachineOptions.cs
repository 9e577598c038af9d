using Chorus.Common.Log;

namespace Chorus.Common.KeyValue;

/// <summary>When the slots are made durable, and by whom. Decides nothing about the state.</summary>
public sealed record SlotStateMachineOptions
{
    private const int SessionsBytes = 16 << 20;

    /// <summary>Bytes of changed slots after which there is a checkpoint. Default 16 MiB.</summary>
    public long CheckpointBytes { get; init; } = 16 << 20;

    /// <summary>
    /// Memory for changes that come in while a checkpoint is under way: from here on applying waits for it. Default 64
    /// MiB.
    /// </summary>
    public long ChangesBytesMax { get; init; } = 64 << 20;

    /// <summary>Entries applied after which there is one, however little they wrote. Default 262,144.</summary>
    public ulong CheckpointEntries { get; init; } = 262_144;

    /// <summary>
    /// Where checkpoints are made while applying goes on; one at a time. Null: by the thread that applies, which
    /// waits for the disk.
    /// </summary>
    public IDiskExecutor? Executor { get; init; }

    /// <summary>
    /// Memory for old contents that a snapshot under way still has to hand out, in bytes; a snapshot that would need
    /// more is given up. Default 128 MiB.
    /// </summary>
    public long SnapshotDisplacedBytesMax { get; init; } = 128 << 20;

    /// <summary>Room that a journal takes at most, usual sessions included, so that it can be reserved.</summary>
    public long JournalBytes(SlotGeometry geometry) =>
        Math.Min(ChangesBytesMax, geometry.Slots * (geometry.SlotBytes + sizeof(long))) + SessionsBytes;
}
