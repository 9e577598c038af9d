using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Common.Client;

/// <summary>
/// A client of one cluster: finds the leader, follows it, retries what is safe to retry. One socket thread
/// serves any number of concurrent callers, whose requests travel together. Thread-safe.
/// </summary>
public sealed class ChorusClient : IAsyncDisposable
{
    /// <summary>
    /// Largest command or query, in bytes: what fits into one frame of a server. Larger ones are refused
    /// here.
    /// </summary>
    public const int RequestSizeBytesMax = (8 << 20) - 64;

    private readonly ClientThread _thread;
    private readonly Endpoint? _readFrom;
    private readonly ReadMode _reads;

    /// <summary>Starts a client; connects in the background.</summary>
    /// <exception cref="FormatException">A server's address is none; the message says why.</exception>
    /// <exception cref="ArgumentException">There is no server.</exception>
    /// <exception cref="LibzmqMissingException">Native libzmq is not installed.</exception>
    public ChorusClient(ChorusClientOptions options)
    {
        if (options.Servers.Count == 0)
            throw new ArgumentException("a client needs the address of at least one server", nameof(options));
        _reads = options.Reads;
        _readFrom = options.ReadFrom is { } server ? Endpoint.Parse(server) : null;
        _thread = new ClientThread(options, [.. options.Servers.Select(Endpoint.Parse)]);
    }

    /// <summary>Address of the leader as far as known; null when none is.</summary>
    public string? Leader => _thread.LeaderAddress;

    /// <summary>
    /// Sends a command through the log. Never sent twice unless the first one is known not to be applied.
    /// </summary>
    /// <param name="command">Bytes for the state machine; must not change before the task ends.</param>
    /// <param name="cancellation">
    /// Ends the wait, not the command: with <see cref="Code.OutcomeUnknown"/> once it was sent, with
    /// <see cref="Code.NotLeader"/> before, when it never will be.
    /// </param>
    public ValueTask<ClientResult> WriteAsync(
        ReadOnlyMemory<byte> command, CancellationToken cancellation = default) =>
        Submit(OperationKind.Write, command, cancellation);

    /// <summary>
    /// Asks the state machine, in the way that the options name; retried freely until the deadline.
    /// </summary>
    /// <param name="query">Bytes for the state machine; must not change before the task ends.</param>
    /// <param name="cancellation">Ends the wait, as for a write.</param>
    public ValueTask<ClientResult> ReadAsync(
        ReadOnlyMemory<byte> query, CancellationToken cancellation = default) =>
        ReadAsync(query, _reads, cancellation);

    /// <summary>Asks the state machine; retried freely until the deadline.</summary>
    /// <param name="query">Bytes for the state machine; must not change before the task ends.</param>
    /// <param name="reads">How it is answered; all but <see cref="ReadMode.Stale"/> are linearizable.</param>
    /// <param name="cancellation">Ends the wait, as for a write.</param>
    public ValueTask<ClientResult> ReadAsync(
        ReadOnlyMemory<byte> query, ReadMode reads, CancellationToken cancellation = default) =>
        query.Length <= RequestSizeBytesMax
            ? _thread.Submit(OperationKind.Read, query, _readFrom, cancellation, reads)
            : new ValueTask<ClientResult>(Outcomes.TooLarge(query.Length, RequestSizeBytesMax));

    /// <summary>
    /// State of the node at one address, whoever leads. Null when it does not answer before the deadline.
    /// </summary>
    /// <exception cref="FormatException">The address is none; the message says why.</exception>
    public Task<Status?> StatusAsync(string address, CancellationToken cancellation = default) =>
        StatusAsync(Endpoint.Parse(address), cancellation);

    /// <summary>Takes a member out of the cluster. Retried like a write.</summary>
    /// <param name="id">The member's name in the configuration.</param>
    /// <param name="cancellation">Ends the wait, as for a write.</param>
    public ValueTask<ClientResult> RemoveMemberAsync(string id, CancellationToken cancellation = default) =>
        Submit(OperationKind.RemoveMember, new RemoveMember { Id = id }.ToByteArray(), cancellation);

    /// <summary>
    /// Changes the members, all that is named at once or nothing. The result's payload names the members then, as text.
    /// </summary>
    /// <param name="changes">What is wanted, at least one.</param>
    /// <param name="cancellation">Ends the wait, as for a write.</param>
    public ValueTask<ClientResult> ChangeMembersAsync(
        IEnumerable<MemberChange> changes, CancellationToken cancellation = default) =>
        Submit(OperationKind.ChangeMembers, new ChangeMembers { Changes = { changes } }.ToByteArray(), cancellation);

    /// <summary>Has another voter lead. The result's payload is the name of who leads then.</summary>
    /// <param name="target">Who is to lead; null: the voter that answers and has most of the log.</param>
    /// <param name="cancellation">Ends the wait, as for a write.</param>
    public ValueTask<ClientResult> TransferLeadershipAsync(
        string? target = null, CancellationToken cancellation = default) =>
        Submit(
            OperationKind.TransferLeadership, new TransferLeadership { Target = target ?? "" }.ToByteArray(),
            cancellation);

    /// <summary>
    /// Ends the client. Writes that were sent and not answered end with <see cref="Code.OutcomeUnknown"/>,
    /// all others with <see cref="Code.NotLeader"/>.
    /// </summary>
    public ValueTask DisposeAsync() => new(_thread.CloseAsync());

    private ValueTask<ClientResult> Submit(
        OperationKind kind, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        body.Length <= RequestSizeBytesMax
            ? _thread.Submit(kind, body, target: null, cancellation)
            : new ValueTask<ClientResult>(Outcomes.TooLarge(body.Length, RequestSizeBytesMax));

    private async Task<Status?> StatusAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        ClientResult result =
            await _thread.Submit(OperationKind.Status, default, endpoint, cancellation).ConfigureAwait(false);
        if (result.Code != Code.Ok)
            return null;
        try
        {
            return Status.Parser.ParseFrom(result.Payload.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
