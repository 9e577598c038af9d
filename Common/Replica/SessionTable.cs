using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Clients' sessions: a part of the replicated state, beside whatever state machine. The same records in the same order
/// give the same table on every replica; no clock is asked, time is that of the records (trap 21). Used by one thread.
/// </summary>
/// <remarks>
/// Sessions stand in the order of their last activity in the log, which is also that of its time: what expires, or must
/// make room, stands at the front.
/// </remarks>
public sealed class SessionTable
{
    private readonly Dictionary<ulong, Session> _sessions = [];
    private Session? _oldest;
    private Session? _youngest;
    private Session? _last;
    private ulong _digest;

    /// <summary>Sessions in the table; some of them may have expired, and go with the next record that concerns any.
    /// </summary>
    public int Count => _sessions.Count;

    /// <summary>Bytes of all answers kept, <see cref="SessionLimits.AnswerOverheadBytes"/> for each included.</summary>
    public long AnswerBytes { get; private set; }

    /// <summary>Log time without activity after which a session expires, in microseconds; 0 before the first one.
    /// </summary>
    public long TimeoutMicros { get; internal set; }

    /// <summary>Digest of all that is in the table: equal on all replicas at the same index.</summary>
    public ulong Digest => _digest + (ulong)TimeoutMicros;

    internal Session? Oldest => _oldest;

    /// <summary>Opens a session.</summary>
    /// <param name="index">Index of its record, and its id.</param>
    /// <param name="timeMicros">Time of the record.</param>
    /// <param name="record">The record: from now on its limits hold.</param>
    public void Open(LogIndex index, long timeMicros, in SessionRecord record)
    {
        Check.That(record.Action == SessionAction.Open, "a session is opened by a record that says so");
        TimeoutMicros = (long)Math.Min(record.First, long.MaxValue);
        ulong sessionsMax = Math.Max(1, record.Second);
        Expire(timeMicros);
        while (_oldest is { } oldest && (ulong)_sessions.Count >= sessionsMax)
            Remove(oldest);
        var session = new Session(index.Value);
        session.Touch(index, timeMicros, 1);
        bool isNew = TryAdd(session);
        Check.That(isNew, "an index names one session");
    }

    /// <summary>The client of a session is alive and has some answers.</summary>
    /// <returns>False when there is no such session.</returns>
    public bool Keep(ulong session, LogIndex index, long timeMicros, ulong acknowledgedBelow)
    {
        Expire(timeMicros);
        if (!TryGet(session, out Session found))
            return false;
        Touch(found, index, timeMicros, acknowledgedBelow);
        return true;
    }

    /// <summary>Ends a session.</summary>
    /// <returns>False when there is none.</returns>
    public bool Close(ulong session, long timeMicros)
    {
        Expire(timeMicros);
        if (!TryGet(session, out Session found))
            return false;
        Remove(found);
        return true;
    }

    /// <summary>Ends sessions, oldest activity first, until the answers kept fit.</summary>
    public void Evict(long answerBytesMax)
    {
        while (_oldest is { } oldest && AnswerBytes > answerBytesMax)
            Remove(oldest);
    }

    /// <summary>Whether there is a session at a time; changes nothing.</summary>
    public bool Contains(ulong session, long timeMicros) =>
        TryGet(session, out Session found) && !HasExpired(found, timeMicros);

    /// <summary>What <see cref="Begin"/> would say; changes nothing.</summary>
    public SessionVerdict Find(in SessionEnvelope envelope, long timeMicros, out KeptAnswer kept)
    {
        kept = default;
        return TryGet(envelope.Session, out Session session) && !HasExpired(session, timeMicros)
            ? Judge(session, envelope, out _, out kept)
            : SessionVerdict.Unknown;
    }

    /// <summary>
    /// A command of a session stands at an index. Where it is new, it is pending until <see cref="Complete"/>.
    /// </summary>
    /// <param name="envelope">Session and sequence; valid.</param>
    /// <param name="index">Index of the record.</param>
    /// <param name="timeMicros">Time of the record.</param>
    /// <param name="kept">Where it was repeated: the first answer.</param>
    public SessionVerdict Begin(
        in SessionEnvelope envelope, LogIndex index, long timeMicros, out KeptAnswer kept)
    {
        kept = default;
        Expire(timeMicros);
        if (!TryGet(envelope.Session, out Session session))
            return SessionVerdict.Unknown;
        SessionVerdict verdict = Judge(session, envelope, out int place, out kept);
        if (verdict != SessionVerdict.New)
            return verdict;
        Touch(session, index, timeMicros, envelope.AcknowledgedBelow);
        place = session.Find(envelope.Sequence);
        session.Insert(place < 0 ? ~place : place, new KeptAnswer(envelope.Sequence, index, Code.Ok, null));
        return verdict;
    }

    /// <summary>A command that was new has been applied.</summary>
    public void Complete(ulong session, ulong sequence, Code code, ReadOnlySpan<byte> payload)
    {
        // The client may have given it up meanwhile, or closed its session.
        if (!TryGet(session, out Session found) || found.Find(sequence) is not (>= 0 and int place))
            return;
        _digest -= found.Digest;
        AnswerBytes -= found.Bytes;
        found.Complete(place, code, payload.IsEmpty ? [] : payload.ToArray());
        _digest += found.Digest;
        AnswerBytes += found.Bytes;
    }

    /// <summary>Writes the table. The same table gives the same bytes everywhere; nothing may be pending.</summary>
    public void Encode(IBufferWriter<byte> output) => SessionTableCodec.Encode(this, output);

    /// <summary>Reads a table.</summary>
    /// <param name="bytes">All that <see cref="Encode"/> has written, verified by a checksum around it.</param>
    /// <exception cref="InvalidDataException">The bytes are none, or of a newer version.</exception>
    public static SessionTable Decode(ReadOnlySpan<byte> bytes) => SessionTableCodec.Decode(bytes);

    /// <summary>Reads the table of a snapshot whose state has been read to its end.</summary>
    /// <exception cref="LogCorruptionException">It is none.</exception>
    public static SessionTable Of(SnapshotRestore snapshot)
    {
        if (snapshot.Sessions.IsEmpty || Mutants.SessionsOutsideSnapshot)
            return new SessionTable();
        try
        {
            return Decode(snapshot.Sessions.Span);
        }
        catch (InvalidDataException error)
        {
            throw snapshot.Damage(error.Message);
        }
    }

    /// <summary>A copy that shares nothing that changes.</summary>
    public SessionTable Copy()
    {
        var copy = new SessionTable { TimeoutMicros = TimeoutMicros };
        for (Session? at = _oldest; at is not null; at = at.Younger)
            copy.TryAdd(at.Copy());
        return copy;
    }

    /// <summary>Puts a session behind all others by activity; false when there is one with its id.</summary>
    internal bool TryAdd(Session session)
    {
        if (!_sessions.TryAdd(session.Id, session))
            return false;
        AddYoungest(session);
        _digest += session.Digest;
        AnswerBytes += session.Bytes;
        return true;
    }

    private static SessionVerdict Judge(
        Session session, in SessionEnvelope envelope, out int place, out KeptAnswer kept)
    {
        (place, kept) = (0, default);
        if (envelope.Sequence < session.AcknowledgedBelow)
            return SessionVerdict.Acknowledged;
        place = session.Find(envelope.Sequence);
        if (place >= 0 && !Mutants.RepeatsApplied)
        {
            kept = session.At(place);
            return SessionVerdict.Repeated;
        }
        ulong below = Math.Max(session.AcknowledgedBelow, envelope.AcknowledgedBelow);
        return envelope.Sequence - below < SessionLimits.SequencesMax
            ? SessionVerdict.New
            : SessionVerdict.TooFarAhead;
    }

    private bool HasExpired(Session session, long timeMicros) => timeMicros - session.ActivityMicros > TimeoutMicros;

    private void Expire(long timeMicros)
    {
        while (_oldest is { } oldest && HasExpired(oldest, timeMicros))
            Remove(oldest);
    }

    private bool TryGet(ulong id, out Session session)
    {
        if (_last is { } last && last.Id == id)
        {
            session = last;
            return true;
        }
        if (!_sessions.TryGetValue(id, out Session? found))
        {
            session = null!;
            return false;
        }
        session = _last = found;
        return true;
    }

    private void Touch(Session session, LogIndex index, long timeMicros, ulong acknowledgedBelow)
    {
        _digest -= session.Digest;
        AnswerBytes -= session.Bytes;
        session.Touch(index, timeMicros, acknowledgedBelow);
        _digest += session.Digest;
        AnswerBytes += session.Bytes;
        if (session == _youngest)
            return;
        Unlink(session);
        AddYoungest(session);
    }

    private void Remove(Session session)
    {
        _sessions.Remove(session.Id);
        Unlink(session);
        _last = null;
        _digest -= session.Digest;
        AnswerBytes -= session.Bytes;
    }

    private void AddYoungest(Session session)
    {
        session.Older = _youngest;
        session.Younger = null;
        if (_youngest is null)
            _oldest = session;
        else
            _youngest.Younger = session;
        _youngest = session;
    }

    private void Unlink(Session session)
    {
        if (session.Older is null)
            _oldest = session.Younger;
        else
            session.Older.Younger = session.Younger;
        if (session.Younger is null)
            _youngest = session.Older;
        else
            session.Younger.Older = session.Older;
        session.Older = session.Younger = null;
    }
}
