namespace Chorus.Common.Client;

/// <summary>Where an operation is; changed by the client's thread only.</summary>
internal enum OperationState
{
    /// <summary>Not in use, or handed over and not taken yet.</summary>
    Idle,

    /// <summary>
    /// To be sent. If it was sent before, it is known not to have been applied, or is a read.
    /// </summary>
    Ready,

    /// <summary>Sent, and not answered.</summary>
    Sent,
}
