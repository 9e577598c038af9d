namespace Chorus.Common.Transfer;

/// <summary>What a stream carries.</summary>
public enum TransferContent : byte
{
    /// <summary>Every record of a range, in order.</summary>
    Log = 1,

    /// <summary>
    /// Of a range of commands only the last one of each key, set or delete, in order of index: a delete says that what
    /// a state held from the start is gone.
    /// </summary>
    Compact = 2,

    /// <summary>
    /// The state machine's own file, in pieces, while it changes; becomes consistent with the records behind it.
    /// </summary>
    Image = 3,

    /// <summary>The file of the newest snapshot.</summary>
    Snapshot = 4,
}
