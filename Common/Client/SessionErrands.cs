using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>
/// What the client itself asks for the sake of its session: opens it, keeps it alive, closes it. Used by the client's
/// thread only.
/// </summary>
/// <param name="owner">Whose operations they are.</param>
/// <param name="dispatcher">Sends them.</param>
/// <param name="session">The session.</param>
/// <param name="timeout">Deadline of one operation.</param>
internal sealed class SessionErrands(
    ClientThread owner, Dispatcher dispatcher, SessionKeeper session, TimeSpan timeout)
{
    /// <summary>Whether the session has been closed, or was given up.</summary>
    internal bool IsClosed { get; private set; }

    /// <summary>Does what is due.</summary>
    internal void Work(long nowMs)
    {
        if (dispatcher.NeedsSession)
        {
            session.Opening();
            Ask([], nowMs, result => session.Opened(result, Environment.TickCount64));
        }

        if (session.KeepDueMs > nowMs)
            return;
        ulong id = session.Id;
        session.Used(nowMs);
        Ask(session.KeepBody(), nowMs, result =>
        {
            if (result.Code == Code.SessionExpired)
                session.Lost(id);
        });
    }

    /// <summary>Begins to close the session; false when there is none.</summary>
    internal bool TryClose(long nowMs)
    {
        if (session.State != SessionState.Open)
            return false;
        Ask(session.CloseBody(), nowMs, _ => IsClosed = true);
        return true;
    }

    private void Ask(byte[] body, long nowMs, Action<ClientResult> ended)
    {
        long deadlineMs = timeout < TimeSpan.Zero ? long.MaxValue : nowMs + (long)timeout.TotalMilliseconds;
        var operation = new Operation(owner) { Ended = ended };
        operation.Begin(OperationKind.ChangeSession, body, null, deadlineMs, inline: true);
        dispatcher.Accept(operation);
    }
}
