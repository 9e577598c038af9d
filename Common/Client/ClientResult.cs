using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>How an operation ended. A failure is a value, not an exception.</summary>
/// <param name="Code">
/// <see cref="Code.Ok"/>, <see cref="Code.NotFound"/>, or why not. <see cref="Code.OutcomeUnknown"/>: the
/// write may or may not have been applied. <see cref="Code.NotLeader"/>: no leader was found before the
/// deadline; not applied.
/// </param>
/// <param name="Payload">What the state machine answered; for a get the value.</param>
/// <param name="Index">
/// Index in the log: of a write's entry, or of the last one that was applied when a read was answered; 0 otherwise.
/// </param>
/// <param name="Message">The cause of a failure; empty otherwise.</param>
/// <param name="Cure">What to do about it; empty otherwise.</param>
public readonly record struct ClientResult(
    Code Code, ReadOnlyMemory<byte> Payload, ulong Index, string Message, string Cure)
{
    /// <summary>Whether the operation did what was asked (a missing key is an answer too).</summary>
    public bool IsSuccess => Code is Code.Ok or Code.NotFound;

    /// <summary>Whether the state machine answered, perhaps that a condition does not hold.</summary>
    public bool IsAnswer => IsSuccess || Code == Code.ConditionFailed;
}
