using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// All that is replicated: a state machine, and the sessions of its clients. Used by the thread that applies.
/// </summary>
/// <param name="machine">The state machine; it knows nothing of sessions.</param>
/// <param name="clock">Not asked for anything, for that would make replicas differ (trap 21).</param>
internal sealed class ReplicatedState(IStateMachine machine, IClock clock)
{
    /// <summary>What came of a record.</summary>
    /// <param name="Code">What its client is told.</param>
    /// <param name="Index">Where the command stands that took effect: here, or where it stood first.</param>
    /// <param name="Envelope">Session and sequence, of a command that was sent in a session.</param>
    /// <param name="IsRefused">
    /// Whether it was a command of a session and had no effect, because the session was gone or the command applied
    /// already. A leader lets none of those into its log.
    /// </param>
    public readonly record struct Outcome(Code Code, LogIndex Index, SessionEnvelope Envelope, bool IsRefused);

    /// <summary>The state machine.</summary>
    public IStateMachine Machine => machine;

    /// <summary>The sessions.</summary>
    public SessionTable Sessions { get; } = machine.RestoredSessions();

    /// <summary>Whether somebody may wait for a record to be applied.</summary>
    public static bool IsAnswered(RecordKind kind) =>
        kind is RecordKind.Command or RecordKind.SessionCommand or RecordKind.Session;

    /// <summary>Applies a record that is committed.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="answers">Where the answer's payload goes, behind what is there.</param>
    public Outcome Apply(in RecordHeader header, ReadOnlySpan<byte> payload, ArrayBufferWriter<byte> answers)
    {
        switch (header.Kind)
        {
            case RecordKind.Command:
                Code code = machine.Apply(header.Index, header.TimeMicros, payload, answers);
                return new Outcome(code, header.Index, default, false);
            case RecordKind.SessionCommand:
                return ApplyOnce(header, payload, answers);
            case RecordKind.Session:
                return new Outcome(ApplySession(header, payload, answers), header.Index, default, false);
            default:
                return new Outcome(Code.Ok, header.Index, default, false);
        }
    }

    /// <summary>What a client is told about a command that is not to be applied.</summary>
    public static Code CodeOf(SessionVerdict verdict) => verdict switch
    {
        SessionVerdict.Unknown => Code.SessionExpired,
        SessionVerdict.TooFarAhead => Code.Overloaded,
        _ => Code.BadRequest,
    };

    private Outcome ApplyOnce(in RecordHeader header, ReadOnlySpan<byte> payload, ArrayBufferWriter<byte> answers)
    {
        if (!SessionEnvelope.TryDecode(payload, out SessionEnvelope envelope, out ReadOnlySpan<byte> command))
            return new Outcome(Code.BadRequest, header.Index, default, true);
        SessionVerdict verdict = Sessions.Begin(envelope, header.Index, TimeOf(header), out KeptAnswer kept);
        if (verdict == SessionVerdict.Repeated)
        {
            answers.Write(kept.Payload);
            return new Outcome(kept.Code, kept.Index, envelope, true);
        }
        if (verdict != SessionVerdict.New)
            return new Outcome(CodeOf(verdict), header.Index, envelope, true);
        int start = answers.WrittenCount;
        Code code = machine.Apply(header.Index, header.TimeMicros, command, answers);
        Sessions.Complete(envelope.Session, envelope.Sequence, code, answers.WrittenSpan[start..]);
        return new Outcome(code, header.Index, envelope, false);
    }

    private Code ApplySession(in RecordHeader header, ReadOnlySpan<byte> payload, ArrayBufferWriter<byte> answers)
    {
        if (!SessionRecord.TryDecode(payload, out SessionRecord record))
            return Code.BadRequest;
        long time = TimeOf(header);
        switch (record.Action)
        {
            case SessionAction.Open:
                Sessions.Open(header.Index, time, record);
                SessionMessages.WriteOpened(answers, header.Index, record);
                return Code.Ok;
            case SessionAction.Keep:
                return Sessions.Keep(record.First, header.Index, time, record.Second) ? Code.Ok : Code.SessionExpired;
            case SessionAction.Close:
                return Sessions.Close(record.First, time) ? Code.Ok : Code.SessionExpired;
            case SessionAction.Probe:
                return Sessions.Contains(record.First, time) ? Code.Overloaded : Code.SessionExpired;
            default:
                Sessions.Evict((long)Math.Min(record.First, long.MaxValue));
                return Code.Ok;
        }
    }

    private long TimeOf(in RecordHeader header) =>
        Mutants.SessionsExpireByClock ? clock.UnixMicros : header.TimeMicros;
}
