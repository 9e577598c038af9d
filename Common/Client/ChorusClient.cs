using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Client;

/// <summary>
/// A client of one cluster: finds the leader, follows it, retries what is safe to retry. One socket thread serves any
/// number of concurrent callers, whose requests travel together. Thread-safe.
/// </summary>
public sealed class ChorusClient : IAsyncDisposable
{
    /// <summary>Starts a client; connects in the background.</summary>
    public ChorusClient(ChorusClientOptions options) => throw new InvariantViolationException("not built yet");

    /// <summary>Sends a command through the log. Never sent twice unless the first one is known not to be applied.</summary>
    /// <param name="command">Bytes for the state machine; must not change before the task ends.</param>
    /// <param name="cancellation">Ends the wait with <see cref="Code.OutcomeUnknown"/>, not the command.</param>
    public ValueTask<ClientResult> WriteAsync(ReadOnlyMemory<byte> command, CancellationToken cancellation = default) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>Asks the state machine, linearizably; retried freely until the deadline.</summary>
    public ValueTask<ClientResult> ReadAsync(ReadOnlyMemory<byte> query, CancellationToken cancellation = default) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>State of the node at one address, whoever leads. Null when it does not answer before the deadline.</summary>
    public Task<Status?> StatusAsync(string address, CancellationToken cancellation = default) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>Takes a member out of the cluster.</summary>
    public ValueTask<ClientResult> RemoveMemberAsync(string id, CancellationToken cancellation = default) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>Address of the leader as far as known; null when none is.</summary>
    public string? Leader => throw new InvariantViolationException("not built yet");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
