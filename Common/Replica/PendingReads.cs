using System.Buffers;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Linearizable reads: first waiting for the core to grant them, then for their index to be applied. Beside them stale
/// reads, which wait for nothing but their turn.
/// </summary>
/// <param name="responder">Where answers go.</param>
/// <param name="stateMachine">Answers the queries.</param>
/// <param name="counters">Counts what is answered.</param>
/// <param name="staleFrom">
/// Stale reads are answered once this index is applied: what the node knew to be committed when it started, so that it
/// does not tell the whole history again while it repeats its log.
/// </param>
internal sealed class PendingReads(
    Responder responder, IStateMachine stateMachine, ReplicaCounters counters, LogIndex staleFrom = default)
{
    private readonly Queue<PendingRead>[] _waiting = [new(), new(), new()];
    private readonly Queue<PendingRead> _granted = new();
    private readonly Queue<PendingRead> _stale = new();
    private readonly ArrayBufferWriter<byte> _answer = new();
    private long _answerBytesLeft = long.MaxValue;

    /// <summary>Whether a read may be waiting for an index up to this one.</summary>
    public bool HasServable(LogIndex applied) => IsServable(_granted, applied) || IsServable(_stale, applied);

    /// <summary>Bytes of the queries that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// A round of the loop begins: once so many bytes of answers were made in it, the other reads wait for the next
    /// one, where the state may be newer still.
    /// </summary>
    public void BeginRound(long answerBytes) => _answerBytesLeft = answerBytes;

    /// <summary>Remembers a query that the core is to grant.</summary>
    /// <param name="kind">How it was asked of the core.</param>
    /// <param name="ticket">From the core.</param>
    /// <param name="target">Who asks.</param>
    /// <param name="query">Copied.</param>
    public void Add(ReadKind kind, ulong ticket, in ReplyTarget target, ReadOnlySpan<byte> query) =>
        _waiting[(int)kind].Enqueue(Copy(query, new PendingRead(ticket, LogIndex.Zero, target, [], 0, false)));

    /// <summary>Remembers a query that whatever is applied here may answer.</summary>
    /// <param name="target">Who asks.</param>
    /// <param name="query">Copied.</param>
    public void AddStale(in ReplyTarget target, ReadOnlySpan<byte> query) =>
        _stale.Enqueue(Copy(query, new PendingRead(0, staleFrom, target, [], 0, true)));

    /// <summary>All reads of a kind up to a ticket may be answered once an index is applied.</summary>
    public void Grant(in ReadGrant grant)
    {
        Queue<PendingRead> waiting = _waiting[(int)grant.Kind];
        while (waiting.Count > 0 && waiting.Peek().Ticket <= grant.Ticket)
            _granted.Enqueue(waiting.Dequeue() with { Index = grant.Index });
    }

    /// <summary>Answers every read that may be answered.</summary>
    public void Serve(LogIndex applied)
    {
        Serve(_granted, applied);
        Serve(_stale, applied);
    }

    /// <summary>
    /// Lists the reads that may be answered once an index is applied, in the order in which they are to be answered;
    /// they stay here.
    /// </summary>
    public void ListServable(LogIndex applied, List<PendingRead> into)
    {
        List(_granted, applied, into);
        List(_stale, applied, into);
    }

    /// <summary>Answers a read that was listed.</summary>
    /// <param name="read">The first of its sort that was not answered yet.</param>
    /// <param name="code">What the state machine said to its query.</param>
    /// <param name="answer">Payload of the answer.</param>
    /// <param name="message">Why the query made no sense, where it did not.</param>
    /// <param name="applied">Last index that was applied then.</param>
    public void Answer(in PendingRead read, Code code, ReadOnlySpan<byte> answer, string message, LogIndex applied)
    {
        PendingRead first = (read.IsStale ? _stale : _granted).Dequeue();
        Check.That(ReferenceEquals(first.Buffer, read.Buffer), "reads are answered in the order of the list");
        Free(first);
        if (read.IsStale)
            counters.StaleReads++;
        else
            counters.Reads++;
        if (code is Code.Ok or Code.NotFound)
            responder.Reply(read.Target, code, answer, applied.Value);
        else
            responder.Fail(read.Target, code, message);
    }

    /// <summary>
    /// This node does not lead any more, or does not follow whom it asked: reads that were not granted yet are turned
    /// away.
    /// </summary>
    public void Drop(string leader)
    {
        foreach (Queue<PendingRead> waiting in _waiting)
        {
            while (waiting.Count > 0)
            {
                PendingRead read = waiting.Dequeue();
                Free(read);
                responder.Fail(
                    read.Target, Code.NotLeader, "the leader changed before the read was answered",
                    "Ask the leader", leader);
            }
        }
    }

    private static bool IsServable(Queue<PendingRead> reads, LogIndex applied) =>
        reads.Count > 0 && reads.Peek().Index <= applied;

    private static void List(Queue<PendingRead> reads, LogIndex applied, List<PendingRead> into)
    {
        foreach (PendingRead read in reads)
        {
            if (read.Index > applied)
                break;
            into.Add(read);
        }
    }

    private void Serve(Queue<PendingRead> reads, LogIndex applied)
    {
        while (_answerBytesLeft > 0 && IsServable(reads, applied))
        {
            PendingRead read = reads.Peek();
            _answer.ResetWrittenCount();
            Code code = stateMachine.Query(read.Query, _answer, out string message);
            _answerBytesLeft -= _answer.WrittenCount;
            Answer(read, code, _answer.WrittenSpan, message, applied);
        }
    }

    private PendingRead Copy(ReadOnlySpan<byte> query, in PendingRead read)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(Math.Max(query.Length, 1));
        query.CopyTo(copy);
        Bytes += query.Length;
        return read with { Buffer = copy, Length = query.Length };
    }

    private void Free(in PendingRead read)
    {
        Bytes -= read.Length;
        ArrayPool<byte>.Shared.Return(read.Buffer);
    }
}
