using Chorus.Raft;

namespace Chorus.Common.Log;

internal enum DiskOperationKind : byte
{
    HardState,
    Start,
    Write,
}

/// <summary>One thing that the disk's thread does, with everything decided.</summary>
internal readonly struct DiskOperation
{
    public DiskOperationKind Kind { get; private init; }

    public HardState State { get; private init; }

    /// <summary>Segment to start, or to write to.</summary>
    public Segment? Segment { get; private init; }

    /// <summary>Segment before it, which ends there; null when there is none.</summary>
    public Segment? Sealed { get; private init; }

    /// <summary>Files to remove once the segment has durably started.</summary>
    public string[]? Superseded { get; private init; }

    public TailChunk? Chunk { get; private init; }

    /// <summary>Bytes in the chunk.</summary>
    public Range Slice { get; private init; }

    /// <summary>Position in the file, of the mark where there is one.</summary>
    public long Position { get; private init; }

    /// <summary>Index for a batch mark before the bytes; 0 for none.</summary>
    public ulong MarkFirst { get; private init; }

    public static DiskOperation Save(HardState state) =>
        new() { Kind = DiskOperationKind.HardState, State = state };

    public static DiskOperation Start(Segment segment, Segment? before, string[] superseded) =>
        new() { Kind = DiskOperationKind.Start, Segment = segment, Sealed = before, Superseded = superseded };

    public static DiskOperation Write(
        Segment segment, TailChunk chunk, Range slice, long position, ulong markFirst) => new()
        {
            Kind = DiskOperationKind.Write,
            Segment = segment,
            Chunk = chunk,
            Slice = slice,
            Position = position,
            MarkFirst = markFirst,
        };
}
