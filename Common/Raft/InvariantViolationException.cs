namespace Chorus.Raft;

/// <summary>
/// A programmer's error: an invariant of the code does not hold. Never caught; the process stops.
/// </summary>
/// <param name="message">The invariant and what its breach means.</param>
public sealed class InvariantViolationException(string message) : Exception(message);
