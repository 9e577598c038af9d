using System.Buffers;
using Chorus.Common.Protocol;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// What is replicated. Deterministic: the same commands in the same order give the same state and the same answers
/// on every replica. Called by one thread: the loop's, where it must not block, or one of its own
/// (<see cref="ReplicaPorts.Apply"/>). Only <see cref="Validate"/> is always the loop's, perhaps while the other
/// applies.
/// </summary>
public interface IStateMachine
{
    /// <summary>
    /// Looks at a command before it is proposed, on the leader only: a command that is refused here never reaches the
    /// log. Looks at nothing that applying changes.
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

    /// <summary>
    /// How many commands ahead it wants to be told what is coming, where that is known: 0 for not at all.
    /// </summary>
    int ExpectsAhead => 0;

    /// <summary>
    /// A command will be applied soon, behind others: the moment to bring close what it needs. A hint without any
    /// effect on the state; the command may be of no sense, or not be applied after all.
    /// </summary>
    /// <param name="command">The bytes that were proposed.</param>
    void Expect(ReadOnlySpan<byte> command)
    {
    }

    /// <summary>Answers a query from the current state, without changing it.</summary>
    /// <param name="query">Bytes from a client, unchecked.</param>
    /// <param name="response">Where the answer's payload goes.</param>
    /// <param name="message">Cause and cure when the query makes no sense.</param>
    Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message);

    /// <summary>
    /// Everything up to an index is applied, entries without a command included. Called after each batch: the moment to
    /// make durable what has gathered, where the state is kept in a file.
    /// </summary>
    /// <param name="index">Last index applied.</param>
    /// <param name="sessions">
    /// The sessions of clients as of that index, which belong to the state (trap 21); later calls change them.
    /// </param>
    void Applied(LogIndex index, SessionTable sessions)
    {
    }

    /// <summary>The sessions as of <see cref="RestoredIndex"/>. Called once, before anything is applied.</summary>
    SessionTable RestoredSessions() => new();

    /// <summary>
    /// False while nothing can be applied, because too much of what was applied waits for the disk. Asked while nobody
    /// applies.
    /// </summary>
    bool HasRoom => true;

    /// <summary>
    /// When it was opened, the state was exactly that of this index: applying begins behind it. 0 for a state that
    /// begins empty.
    /// </summary>
    LogIndex RestoredIndex => LogIndex.Zero;

    /// <summary>
    /// Begins a snapshot of the state as it is now, of the last index applied. What is applied later does not change
    /// what it hands out. One at a time: it is disposed of before the next one begins.
    /// </summary>
    /// <returns>Null: this state machine makes none.</returns>
    IStateSnapshot? BeginSnapshot() => null;

    /// <summary>
    /// Replaces the whole state by that of a snapshot, at the start and before anything is applied; never beside
    /// <see cref="Apply"/> (trap 9). Where the state is kept in a file it is durable when this returns, and a crash
    /// before leaves a state whose <see cref="RestoredIndex"/> is 0. Behind it, <see cref="RestoredIndex"/> is the
    /// snapshot's index.
    /// </summary>
    /// <param name="index">Index of the snapshot.</param>
    /// <param name="snapshot">Its pieces, to be read to their end, and then its digest.</param>
    /// <exception cref="Log.LogCorruptionException">The snapshot is not what a state machine of this kind
    /// wrote.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    void Restore(LogIndex index, SnapshotRestore snapshot) =>
        throw new InvariantViolationException("a state machine that makes no snapshots is given one");

    /// <summary>Digest of the whole state: equal for equal states, independent of how they were reached.</summary>
    ulong Digest { get; }
}
