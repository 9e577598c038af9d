using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>What a slot holds.</summary>
public enum SlotKind : byte
{
    /// <summary>Nothing was ever written: zeros.</summary>
    Empty = 0,

    /// <summary>A value.</summary>
    Value = 1,

    /// <summary>Its value was deleted.</summary>
    Deleted = 2,

    /// <summary>Not what was written: torn by a crash, or damaged. Never stored.</summary>
    Damaged = 255,
}

/// <summary>The first bytes of a slot.</summary>
/// <param name="Kind">What the slot holds.</param>
/// <param name="Index">Index of the entry that wrote it; 0 where nothing was written.</param>
/// <param name="Length">Bytes of the value, which stand behind the header.</param>
/// <param name="Hash">Hash of key and value as the digest of the state counts it; 0 without a value.</param>
public readonly record struct SlotHeader(SlotKind Kind, LogIndex Index, int Length, ulong Hash)
{
    /// <summary>Bytes of an encoded header.</summary>
    public const int SizeBytes = 40;
}
