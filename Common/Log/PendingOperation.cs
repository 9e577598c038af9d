using Chorus.Raft;

namespace Chorus.Common.Log;

internal enum PendingKind : byte
{
    HardState,
    Truncate,
    Append,
}

/// <summary>Something asked of the log that no batch has taken yet.</summary>
internal struct PendingOperation
{
    public PendingKind Kind;
    public HardState State;

    /// <summary>For a truncation: the last record that stays.</summary>
    public RecordHeader Kept;

    public TailChunk? Chunk;

    /// <summary>Where the records begin in the chunk.</summary>
    public int Start;

    /// <summary>Bytes of the records.</summary>
    public int Length;

    /// <summary>Where the last of them begins.</summary>
    public int LastStart;
}
