namespace Chorus.Common.Transfer;

/// <summary>
/// Where a receiver's stream stands. Everything behind <see cref="Open"/> is final until it is opened again.
/// </summary>
public enum TransferStreamState
{
    /// <summary>Not opened yet, or closed by its owner.</summary>
    Idle,

    /// <summary>Asked for, or running.</summary>
    Open,

    /// <summary>The source sent all that was asked for, and all of it was verified.</summary>
    Complete,

    /// <summary>The source says that it cannot: see the refusal and its text.</summary>
    Refused,

    /// <summary>The source did not answer in time, although it could send.</summary>
    Silent,

    /// <summary>The source sent what cannot be true; nothing of that message was handed out.</summary>
    Untrue,
}
