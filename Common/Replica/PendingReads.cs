using System.Buffers;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Linearizable reads: first waiting for the leader to prove that it leads, then for their index to be applied.
/// </summary>
/// <param name="responder">Where answers go.</param>
/// <param name="stateMachine">Answers the queries.</param>
/// <param name="counters">Counts what is answered.</param>
internal sealed class PendingReads(Responder responder, IStateMachine stateMachine, ReplicaCounters counters)
{
    private readonly Queue<PendingRead> _waiting = new();
    private readonly Queue<PendingRead> _granted = new();
    private readonly ArrayBufferWriter<byte> _answer = new();
    private long _answerBytesLeft = long.MaxValue;

    /// <summary>Whether a granted read may be waiting for an index up to this one.</summary>
    public bool HasServable(LogIndex applied) => _granted.Count > 0 && _granted.Peek().Index <= applied;

    /// <summary>Bytes of the queries that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// A round of the loop begins: once so many bytes of answers were made in it, the other reads wait for the next
    /// one, where the state may be newer still.
    /// </summary>
    public void BeginRound(long answerBytes) => _answerBytesLeft = answerBytes;

    /// <summary>Remembers a query.</summary>
    /// <param name="ticket">From the core.</param>
    /// <param name="target">Who asks.</param>
    /// <param name="query">Copied.</param>
    public void Add(ulong ticket, in ReplyTarget target, ReadOnlySpan<byte> query)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(Math.Max(query.Length, 1));
        query.CopyTo(copy);
        Bytes += query.Length;
        _waiting.Enqueue(new PendingRead(ticket, LogIndex.Zero, target, copy, query.Length));
    }

    /// <summary>All reads up to a ticket may be answered once an index is applied.</summary>
    public void Grant(in ReadGrant grant)
    {
        while (_waiting.Count > 0 && _waiting.Peek().Ticket <= grant.Ticket)
            _granted.Enqueue(_waiting.Dequeue() with { Index = grant.Index });
    }

    /// <summary>Answers every granted read whose index is applied.</summary>
    public void Serve(LogIndex applied)
    {
        while (_answerBytesLeft > 0 && HasServable(applied))
        {
            PendingRead read = _granted.Peek();
            _answer.ResetWrittenCount();
            Code code = stateMachine.Query(read.Query, _answer, out string message);
            _answerBytesLeft -= _answer.WrittenCount;
            Answer(code, _answer.WrittenSpan, message);
        }
    }

    /// <summary>Lists the granted reads whose index is applied by then, oldest first; they stay here.</summary>
    public void ListServable(LogIndex applied, List<PendingRead> into)
    {
        foreach (PendingRead read in _granted)
        {
            if (read.Index > applied)
                break;
            into.Add(read);
        }
    }

    /// <summary>Answers the oldest granted read.</summary>
    /// <param name="code">What the state machine said to its query.</param>
    /// <param name="answer">Payload of the answer.</param>
    /// <param name="message">Why the query made no sense, where it did not.</param>
    public void Answer(Code code, ReadOnlySpan<byte> answer, string message)
    {
        PendingRead read = _granted.Dequeue();
        Bytes -= read.Length;
        ArrayPool<byte>.Shared.Return(read.Buffer);
        counters.Reads++;
        if (code is Code.Ok or Code.NotFound)
            responder.Reply(read.Target, code, answer, 0);
        else
            responder.Fail(read.Target, code, message);
    }

    /// <summary>This node no longer leads: reads that were not granted yet are turned away.</summary>
    public void Drop(string leader)
    {
        while (_waiting.Count > 0)
        {
            PendingRead read = _waiting.Dequeue();
            Bytes -= read.Length;
            ArrayPool<byte>.Shared.Return(read.Buffer);
            responder.Fail(
                read.Target, Code.NotLeader, "this node is not the leader any more", "Send it to the leader", leader);
        }
    }
}
