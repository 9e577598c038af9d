namespace Chorus.Common.Transfer;

/// <summary>Where a repair stands.</summary>
public enum RepairState : byte
{
    /// <summary>It asks, fetches or waits.</summary>
    Running,

    /// <summary>The hole is no more; the log is to be opened again.</summary>
    Repaired,

    /// <summary>The log names no other node that could have the records.</summary>
    NobodyToAsk,
}
