using System.Threading.Tasks.Sources;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>
/// One call of a user, and the source of its <see cref="ValueTask"/>. Used again after its result was taken.
/// Between the call and the result it belongs to the client's thread.
/// </summary>
internal sealed class Operation(ClientThread owner) : IValueTaskSource<ClientResult>
{
    private ManualResetValueTaskSourceCore<ClientResult> _source;

    internal OperationKind Kind { get; private set; }

    internal ReadOnlyMemory<byte> Body { get; private set; }

    internal long DeadlineMs { get; private set; }

    /// <summary>The server that is asked, whoever leads; null for the leader.</summary>
    internal Endpoint? Target { get; private set; }

    /// <summary>How a read is answered.</summary>
    internal ReadMode Reads { get; private set; }

    internal OperationState State { get; set; }

    /// <summary>
    /// Changes with every change of state: an entry of a queue with an older stamp is void.
    /// </summary>
    internal uint Stamp { get; set; }

    /// <summary>Id of the request under which it was sent last.</summary>
    internal ulong Id { get; set; }

    /// <summary>Where it was sent last.</summary>
    internal Link? Link { get; set; }

    /// <summary>How often it was refused by a server that cannot take it now.</summary>
    internal int Refusals { get; set; }

    /// <summary>What the last server said that refused it; <see cref="Code.Ok"/> when none did.</summary>
    internal ClientResult Refusal { get; set; }

    /// <summary>The session in which a write is sent, and its sequence; 0: none yet, or never.</summary>
    internal ulong Session { get; set; }

    internal ulong Sequence { get; set; }

    /// <summary>
    /// Whether it was sent, in its session, and the answer that it was not applied has not come: then nobody knows but
    /// the session, and the outcome is unknown when that does not tell.
    /// </summary>
    internal bool MayBeApplied { get; set; }

    /// <summary>Told how it ended, where the client itself asks; null for a caller's.</summary>
    internal Action<ClientResult>? Ended { get; set; }

    /// <summary>Next in the queue of operations handed over.</summary>
    internal Operation? Next { get; set; }

    /// <summary>Neighbours in the list of all operations, oldest first.</summary>
    internal Operation? Older { get; set; }

    internal Operation? Younger { get; set; }

    internal short Version => _source.Version;

    /// <summary>A write may be sent again only when it is certain that it was not applied.</summary>
    internal bool IsWrite => Kind is not (OperationKind.Read or OperationKind.Status);

    private CancellationTokenRegistration Cancellation { get; set; }

    internal void Begin(
        OperationKind kind, ReadOnlyMemory<byte> body, Endpoint? target, long deadlineMs, bool inline,
        ReadMode reads = ReadMode.Server)
    {
        Kind = kind;
        Body = body;
        Target = target;
        Reads = reads;
        DeadlineMs = deadlineMs;
        _source.RunContinuationsAsynchronously = !inline;
    }

    internal void WatchCancellation(CancellationToken cancellation)
    {
        if (cancellation.CanBeCanceled)
        {
            Cancellation = cancellation.UnsafeRegister(
                static state => ((Operation)state!).Cancel(), this);
        }
    }

    /// <summary>Forgets what was begun, because it could not be handed over.</summary>
    internal void Abandon()
    {
        Cancellation.Dispose();
        Cancellation = default;
        Body = default;
    }

    /// <summary>Ends it. The caller lets go of it before: it may be in use again when this returns.</summary>
    internal void End(in ClientResult result)
    {
        // Waits for a cancellation that is running, so that none strikes the next use.
        Cancellation.Dispose();
        Cancellation = default;
        Body = default;
        Target = null;
        Link = null;
        Refusals = 0;
        Refusal = default;
        (Session, Sequence, MayBeApplied) = (0, 0, false);
        if (Ended is { } ended)
            ended(result);
        else
            _source.SetResult(result);
    }

    ClientResult IValueTaskSource<ClientResult>.GetResult(short token)
    {
        ClientResult result = _source.GetResult(token);
        _source.Reset();
        owner.Return(this);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<ClientResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ClientResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel() => owner.Cancel(this, Version);
}
