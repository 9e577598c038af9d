using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Common.Client;

/// <summary>
/// The session in which a client sends its writes: opened with the first one, kept alive, opened anew when it has
/// expired. Gives out sequences and knows what is acknowledged. Used by the client's thread only.
/// </summary>
internal sealed class SessionKeeper(bool isWanted)
{
    // Thrice within its life, so that one lost message costs nothing.
    private const int KeepsPerTimeout = 3;

    // Whether a sequence is answered or given up; a ring from the lowest that is not on.
    private bool[] _isDone = [];
    private ulong _next = 1;
    private long _keepEveryMs = long.MaxValue;

    /// <summary>Where it stands.</summary>
    internal SessionState State { get; private set; } = isWanted ? SessionState.None : SessionState.Unsupported;

    /// <summary>The session; 0 while there is none.</summary>
    internal ulong Id { get; private set; }

    /// <summary>All sequences below are answered or given up.</summary>
    internal ulong AcknowledgedBelow { get; private set; } = 1;

    /// <summary>When the server is to be told that the client lives.</summary>
    internal long KeepDueMs { get; private set; } = long.MaxValue;

    /// <summary>How many more sequences may be given out.</summary>
    internal int Room => State == SessionState.Open ? _isDone.Length - (int)(_next - AcknowledgedBelow) : 0;

    /// <summary>A session has been asked for.</summary>
    internal void Opening() => State = SessionState.Opening;

    /// <summary>The answer is there, or none came.</summary>
    internal void Opened(in ClientResult result, long nowMs)
    {
        State = SessionState.None;
        if (result.Code is Code.BadRequest or Code.Internal)
            State = SessionState.Unsupported;
        if (result.Code != Code.Ok)
            return;
        var reader = new WireReader(result.Payload.Span);
        (ulong timeoutMs, ulong sequencesMax) = (0, 0);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case SessionOpened.SessionFieldNumber:
                    Id = reader.Number;
                    break;
                case SessionOpened.TimeoutMsFieldNumber:
                    timeoutMs = reader.Number;
                    break;
                case SessionOpened.SequencesMaxFieldNumber:
                    sequencesMax = reader.Number;
                    break;
            }
        }
        State = SessionState.Open;
        _isDone = new bool[(int)Math.Clamp(sequencesMax, 1, 1 << 16)];
        (_next, AcknowledgedBelow) = (1, 1);
        _keepEveryMs = (long)Math.Clamp(timeoutMs / KeepsPerTimeout, 1, int.MaxValue);
        Used(nowMs);
    }

    /// <summary>The session is gone.</summary>
    internal void Lost(ulong session)
    {
        if (session != Id || State != SessionState.Open)
            return;
        State = SessionState.None;
        (Id, KeepDueMs) = (0, long.MaxValue);
    }

    /// <summary>Something was sent in it.</summary>
    internal void Used(long nowMs) => KeepDueMs = State == SessionState.Open ? nowMs + _keepEveryMs : long.MaxValue;

    /// <summary>Gives an operation its place in the session; there is room.</summary>
    internal void Assign(Operation operation) => (operation.Session, operation.Sequence) = (Id, _next++);

    /// <summary>An operation is answered or given up.</summary>
    internal void Done(Operation operation)
    {
        if (operation.Session == 0 || operation.Session != Id || operation.Sequence < AcknowledgedBelow)
            return;
        _isDone[(int)(operation.Sequence % (ulong)_isDone.Length)] = true;
        while (AcknowledgedBelow < _next)
        {
            ref bool isDone = ref _isDone[(int)(AcknowledgedBelow % (ulong)_isDone.Length)];
            if (!isDone)
                return;
            isDone = false;
            AcknowledgedBelow++;
        }
    }

    /// <summary>Body of a message that says that the client lives.</summary>
    internal byte[] KeepBody() => Body(ChangeSession.Types.Action.Keep, AcknowledgedBelow);

    /// <summary>Body of a message that ends the session.</summary>
    internal byte[] CloseBody() => Body(ChangeSession.Types.Action.Close, 0);

    private byte[] Body(ChangeSession.Types.Action action, ulong acknowledgedBelow) =>
        new ChangeSession { Action = action, Session = Id, AcknowledgedBelow = acknowledgedBelow }.ToByteArray();
}
