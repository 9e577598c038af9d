using System.Buffers;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// What is replicated. Deterministic: the same commands in the same order give the same state and the same answers
/// on every replica. Called by one thread; must not block.
/// </summary>
public interface IStateMachine
{
    /// <summary>
    /// Looks at a command before it is proposed, on the leader only: a command that is refused here never reaches the
    /// log.
    /// </summary>
    /// <param name="command">Bytes from a client, unchecked.</param>
    /// <param name="message">Cause and cure when refused.</param>
    /// <returns>
    /// <see cref="Code.Ok"/>, or why it is refused (<see cref="Code.BadRequest"/>, <see cref="Code.TooLarge"/>).
    /// </returns>
    Code Validate(ReadOnlySpan<byte> command, out string message);

    /// <summary>
    /// Applies a committed command. Never throws for bad bytes: they too are applied, as nothing, everywhere.
    /// </summary>
    /// <param name="index">Index of the command's entry; rises from call to call.</param>
    /// <param name="timeMicros">
    /// The leader's clock at append, microseconds since 1970; never falls along the log.
    /// </param>
    /// <param name="command">The bytes that were proposed.</param>
    /// <param name="response">Where the answer's payload goes.</param>
    Code Apply(LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response);

    /// <summary>Answers a query from the current state, without changing it.</summary>
    /// <param name="query">Bytes from a client, unchecked.</param>
    /// <param name="response">Where the answer's payload goes.</param>
    /// <param name="message">Cause and cure when the query makes no sense.</param>
    Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message);

    /// <summary>Digest of the whole state: equal for equal states, independent of how they were reached.</summary>
    ulong Digest { get; }
}
