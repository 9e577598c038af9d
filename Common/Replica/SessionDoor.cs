using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// The leader's table of sessions as of the end of its log, and what it lets in by it: no command twice, none of a
/// session that will be gone when it is applied. So every command in a committed log takes effect, and whoever reads a
/// log needs no table. Used by the loop's thread.
/// </summary>
/// <remarks>
/// It opens once the leader has applied everything that stood in its log before its term: from there on nobody but
/// itself writes to that log, so a copy of the applied table, taken on by what it appends, is that of the end.
/// </remarks>
internal sealed class SessionDoor(
    ReplicaOptions options, RaftNode node, RecordLog log, Proposals proposals, Responder responder,
    IClock clock)
{
    private const string Later = "Try again later";

    private readonly Dictionary<LogIndex, List<ReplyTarget>> _askedAgain = [];
    private readonly byte[] _record = new byte[SessionRecord.SizeBytes];
    private byte[] _command = new byte[1024];
    private SessionTable? _table;
    private Term _term;
    private LogIndex _evicting;

    /// <summary>The table at the end of the log; null while the door is closed.</summary>
    public SessionTable? Table => _table;

    /// <summary>Whether a copy of the applied table is wanted, where the last entry applied is of a term.</summary>
    public bool WantsTable(Term applied) =>
        _table is null && node.Role == Role.Leader && node.Term == applied;

    /// <summary>Opens the door.</summary>
    /// <param name="table">A copy of the applied table, taken when <see cref="WantsTable"/> was asked or since.</param>
    /// <param name="term">The term it was asked for.</param>
    public void Open(SessionTable table, Term term)
    {
        if (WantsTable(term))
            (_table, _term, _evicting) = (table, term, LogIndex.Zero);
    }

    /// <summary>Closes the door where this node leads no more, and keeps the answers to their limit.</summary>
    public void Work()
    {
        if (_table is null)
            return;
        if (!IsOpen)
        {
            Shut();
            return;
        }
        long most = options.Sessions.AnswerBytesMax;
        bool isDue = _table.AnswerBytes > most && _evicting == LogIndex.Zero;
        if (!isDue || !node.TransferTarget.IsNone || !log.HasRoom(RecordBytes))
            return;
        // The answers to what is under way count only when they are known; so nobody is let in until it is applied.
        _evicting = Append(new SessionRecord(SessionAction.Evict, (ulong)(most / 4 * 3), 0), out _);
    }

    /// <summary>A client opens, keeps or closes a session.</summary>
    /// <param name="target">Who.</param>
    /// <param name="action">What, unchecked.</param>
    /// <param name="session">Which session.</param>
    /// <param name="acknowledgedBelow">The client has the answers to all sequences below.</param>
    public void Change(in ReplyTarget target, SessionAction action, ulong session, ulong acknowledgedBelow)
    {
        switch (action)
        {
            case SessionAction.Open:
                OpenSession(target);
                break;
            case SessionAction.Keep:
                KeepSession(target, session, acknowledgedBelow);
                break;
            case SessionAction.Close:
                CloseSession(target, session);
                break;
            default:
                responder.Fail(
                    target, Code.BadRequest, "a session can be opened, kept or closed", SessionMessages.InvalidCure);
                break;
        }
    }

    private void OpenSession(in ReplyTarget target)
    {
        SessionLimits limits = options.Sessions;
        var record = new SessionRecord(
            SessionAction.Open, (ulong)limits.TimeoutMicros, (ulong)limits.SessionsMax);
        if (!IsReady(target) || !proposals.HasRoom(target, RecordBytes))
            return;
        LogIndex index = Append(record, out long time);
        proposals.Await(index, target);
        _table!.Open(index, time, record);
    }

    private void KeepSession(in ReplyTarget target, ulong session, ulong acknowledgedBelow)
    {
        if (!TryAppend(target, new SessionRecord(SessionAction.Keep, session, acknowledgedBelow), out LogIndex index,
            out long time))
            return;
        _table!.Keep(session, index, time, acknowledgedBelow);
    }

    private void CloseSession(in ReplyTarget target, ulong session)
    {
        if (TryAppend(target, new SessionRecord(SessionAction.Close, session, 0), out _, out long time))
            _table!.Close(session, time);
    }

    /// <summary>A client sends a command in its session, perhaps not for the first time.</summary>
    /// <param name="target">Who.</param>
    /// <param name="envelope">Session and sequence, unchecked.</param>
    /// <param name="command">The command, which the state machine has found valid.</param>
    public void Write(in ReplyTarget target, in SessionEnvelope envelope, ReadOnlySpan<byte> command)
    {
        if (!envelope.IsValid)
        {
            responder.Fail(target, Code.BadRequest, SessionMessages.Invalid, SessionMessages.InvalidCure);
            return;
        }
        if (!IsReady(target))
            return;
        long time = NextTime();
        switch (_table!.Find(envelope, time, out KeptAnswer kept))
        {
            case SessionVerdict.New:
                Propose(target, envelope, command, time);
                return;
            case SessionVerdict.Repeated when kept.IsPending:
                AskedAgain(kept.Index, target);
                return;
            case SessionVerdict.Repeated:
                responder.Reply(target, kept.Code, kept.Payload, kept.Index.Value);
                return;
            case SessionVerdict.Unknown:
                Probe(target, envelope.Session);
                return;
            case SessionVerdict.Acknowledged:
                responder.Fail(
                    target, Code.BadRequest, SessionMessages.Acknowledged, SessionMessages.AcknowledgedCure);
                return;
            default:
                responder.Fail(target, Code.Overloaded, SessionMessages.TooFarAhead, SessionMessages.TooFarAheadCure);
                return;
        }
    }

    /// <summary>A record has been applied.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="outcome">What came of it.</param>
    /// <param name="answer">The answer's payload.</param>
    public void Applied(LogIndex index, in ReplicatedState.Outcome outcome, ReadOnlySpan<byte> answer)
    {
        if (!IsOpen)
            return;
        if (index == _evicting)
        {
            _evicting = LogIndex.Zero;
            _table!.Evict(options.Sessions.AnswerBytesMax / 4 * 3);
        }
        if (outcome.Envelope.Session == 0)
            return;
        Check.That(!outcome.IsRefused, "a leader lets no command of a session into its log that has no effect");
        _table!.Complete(outcome.Envelope.Session, outcome.Envelope.Sequence, outcome.Code, answer);
        if (_askedAgain.Count > 0 && _askedAgain.Remove(index, out List<ReplyTarget>? targets))
        {
            foreach (ReplyTarget target in targets)
                responder.Reply(target, outcome.Code, answer, index.Value);
        }
    }

    private const int RecordBytes = RecordHeader.SizeBytes + SessionRecord.SizeBytes;

    private bool IsOpen => _table is not null && node.Role == Role.Leader && node.Term == _term;

    private bool IsReady(in ReplyTarget target)
    {
        if (IsOpen && _evicting == LogIndex.Zero && node.TransferTarget.IsNone)
            return true;
        responder.Fail(target, Code.Overloaded, "the leader is not ready for sessions yet", Later);
        return false;
    }

    // The time that the next record will bear.
    private long NextTime() => Math.Max(clock.UnixMicros, log.LastTimeMicros);

    private void Propose(
        in ReplyTarget target, in SessionEnvelope envelope, ReadOnlySpan<byte> command, long time)
    {
        int length = SessionEnvelope.SizeBytes + command.Length;
        if (!proposals.HasRoom(target, RecordHeader.SizeBytes + length))
            return;
        if (length > _command.Length)
            _command = new byte[Math.Max(length, _command.Length * 2)];
        envelope.Encode(_command);
        command.CopyTo(_command.AsSpan(SessionEnvelope.SizeBytes));
        LogIndex index = proposals.Append(RecordKind.SessionCommand, time, _command.AsSpan(0, length));
        proposals.Await(index, target);
        SessionVerdict verdict = _table!.Begin(envelope, index, time, out _);
        Check.That(verdict == SessionVerdict.New, "what was found new is new");
    }

    private bool TryAppend(
        in ReplyTarget target, in SessionRecord record, out LogIndex index, out long time)
    {
        (index, time) = (default, default);
        if (!IsReady(target))
            return false;
        if (!_table!.Contains(record.First, NextTime()))
        {
            Probe(target, record.First);
            return false;
        }
        if (!proposals.HasRoom(target, RecordBytes))
            return false;
        index = Append(record, out time);
        proposals.Await(index, target);
        return true;
    }

    // That there is no such session is true only if this node still leads: the log says so.
    private void Probe(in ReplyTarget target, ulong session)
    {
        if (proposals.HasRoom(target, RecordBytes))
            proposals.Await(Append(new SessionRecord(SessionAction.Probe, session, 0), out _), target);
    }

    private LogIndex Append(in SessionRecord record, out long time)
    {
        time = NextTime();
        record.Encode(_record);
        return proposals.Append(RecordKind.Session, time, _record);
    }

    private void AskedAgain(LogIndex index, in ReplyTarget target)
    {
        if (!_askedAgain.TryGetValue(index, out List<ReplyTarget>? targets))
            _askedAgain.Add(index, targets = []);
        targets.Add(target);
    }

    private void Shut()
    {
        _table = null;
        foreach (ReplyTarget target in _askedAgain.OrderBy(asked => asked.Key).SelectMany(asked => asked.Value))
        {
            responder.Fail(
                target, Code.OutcomeUnknown, "the leader was replaced before the write was committed",
                "Send it again, with the same session and sequence");
        }
        _askedAgain.Clear();
    }
}
