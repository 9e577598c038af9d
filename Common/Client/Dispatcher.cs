using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>
/// Sends operations, matches answers and decides what may be sent again. A write that was sent and not
/// answered is sent again in a session only. Used by the client's thread only.
/// </summary>
internal sealed class Dispatcher(
    LinkTable links, LeaderSearch search, BackOff backOff, Outcomes outcomes, SlotTable slots, SessionKeeper session)
{
    // A write that is refused ends with that answer rather than being sent once more just before its
    // deadline, when it would end without any.
    private const int LastTryMs = 100;

    private readonly OperationList _all = new();
    private readonly Queue<(Operation Operation, uint Stamp)> _ready = new();
    private readonly PriorityQueue<(Operation Operation, uint Stamp), long> _later = new();
    // Writes that wait for the session to be opened, or for older ones to be answered.
    private readonly Queue<(Operation Operation, uint Stamp)> _held = new();
    private readonly RequestFrame _frame = new();
    private readonly List<Operation> _batch = [];

    /// <summary>
    /// Whether something could not be sent to a connection that stands; it is tried again soon.
    /// </summary>
    internal bool IsHeldUp { get; private set; }

    /// <summary>Whether an operation waits for a leader.</summary>
    internal bool NeedsLeader
    {
        get
        {
            DropVoid(_ready);
            return _ready.Count > 0;
        }
    }

    /// <summary>When something is to be done although nothing arrives.</summary>
    internal long NextDueMs
    {
        get
        {
            long due = _all.Oldest?.DeadlineMs ?? long.MaxValue;
            due = Math.Min(due, session.KeepDueMs);
            return _later.TryPeek(out _, out long later) ? Math.Min(due, later) : due;
        }
    }

    /// <summary>Whether a write waits for a session that nobody has asked for.</summary>
    internal bool NeedsSession
    {
        get
        {
            DropVoid(_held);
            return session.State == SessionState.None && _held.Count > 0;
        }
    }

    internal void Accept(Operation operation)
    {
        _all.Add(operation);
        Enqueue(operation);
    }

    /// <summary>Sends what can be sent.</summary>
    internal void SendReady(long nowMs)
    {
        while (_later.TryPeek(out var first, out long dueMs) && dueMs <= nowMs)
        {
            _later.Dequeue();
            if (first.Operation.Stamp == first.Stamp)
                Enqueue(first.Operation);
        }

        ReleaseHeld();
        IsHeldUp = false;
        foreach (Link link in links.All)
        {
            if (link.IsConnected && link.Own.Count > 0)
                SendAll(link, link.Own, nowMs);
        }

        if (_ready.Count > 0 && search.CanSend(nowMs))
            SendAll(search.Leader!, _ready, nowMs);
    }

    /// <summary>Takes a frame of answers.</summary>
    internal void Answer(Link link, ReadOnlySpan<byte> frame, long nowMs)
    {
        link.SilentSinceMs = nowMs;
        WireReader reader = new(frame);
        while (reader.Read())
        {
            ResponseView response = default;
            if (reader.Field != 1 || !reader.IsDelimited || !ResponseView.TryRead(reader.Bytes, out response))
                continue;
            if (response.Id == SlotTable.ReservedSlot)
            {
                if (search.Told(link, response.Payload) is { } given)
                    TakeBackReads(given);
            }
            else if (slots.TryGet(response.Id, out Operation? operation) && operation.Link == link)
            {
                Answer(operation, link, response, nowMs);
            }
        }
    }

    /// <summary>
    /// A connection broke: what was sent on it and not answered is not waited for any longer.
    /// </summary>
    internal void Lost(Link link)
    {
        for (Operation? at = _all.Oldest, next; at is not null; at = next)
        {
            next = at.Younger;
            if (at.State != OperationState.Sent || at.Link != link)
                continue;
            if (at.Session == 0 && at.IsWrite)
                End(at, Outcomes.Lost(at));
            else
                AskAgain(at);
        }
    }

    /// <summary>Ends what has had its time.</summary>
    internal void Expire(long nowMs)
    {
        while (_all.Oldest is { } oldest && oldest.DeadlineMs <= nowMs)
            End(oldest, outcomes.AtDeadline(oldest));
    }

    internal void Cancel(Operation operation, short version)
    {
        if (operation.State != OperationState.Idle && operation.Version == version)
            End(operation, Outcomes.Cancelled(operation));
    }

    /// <summary>Ends everything: the client closes.</summary>
    internal void Close()
    {
        while (_all.Oldest is { } oldest)
            End(oldest, Outcomes.Closed(oldest));
    }

    private void ReleaseHeld()
    {
        int room = session.State == SessionState.Unsupported ? int.MaxValue : session.Room;
        while (room > 0 && _held.TryDequeue(out var held))
        {
            if (held.Operation.Stamp != held.Stamp)
                continue;
            room--;
            Enqueue(held.Operation);
        }
    }

    private static void DropVoid(Queue<(Operation Operation, uint Stamp)> queue)
    {
        while (queue.TryPeek(out var first) && first.Operation.Stamp != first.Stamp)
            queue.Dequeue();
    }

    private void Answer(Operation operation, Link link, in ResponseView response, long nowMs)
    {
        switch (response.Code)
        {
            case Code.NotLeader when operation.Target is not null:
                // It is to answer itself, and follows nobody at the moment.
                operation.Refusal = response.ToResult();
                RetryLater(operation, nowMs);
                break;
            case Code.NotLeader:
                search.Refused(link, response.Leader, nowMs);
                operation.Refusal = default;
                Retry(operation);
                break;
            case Code.Overloaded or Code.DiskFull:
            case Code.OutcomeUnknown when !operation.IsWrite:
                operation.Refusal = response.ToResult();
                RetryLater(operation, nowMs);
                break;
            case Code.OutcomeUnknown or Code.Internal when operation.Session != 0:
                operation.MayBeApplied = true;
                operation.Refusal = response.ToResult();
                RetryLater(operation, nowMs);
                break;
            case Code.SessionExpired when operation.Session != 0:
                session.Lost(operation.Session);
                Expired(operation);
                break;
            default:
                ClientResult result = response.ToResult();
                if (result.IsSuccess)
                    search.Succeeded();
                End(operation, operation.MayBeApplied && !result.IsAnswer ? Outcomes.RefusedLater(result) : result);
                break;
        }
    }

    // Nothing was applied under this sequence, or nobody knows: only then it may go on under another one.
    private void Expired(Operation operation)
    {
        if (operation.MayBeApplied)
        {
            End(operation, Outcomes.Expired());
            return;
        }

        (operation.Session, operation.Sequence) = (0, 0);
        Retry(operation);
    }

    // A leader that fell silent was replaced: its reads, and its writes in a session, are asked of the new one.
    // Other writes may be under way.
    private void TakeBackReads(Link given)
    {
        for (Operation? at = _all.Oldest; at is not null; at = at.Younger)
        {
            bool isAskedAgain = at.Session != 0
                || (!at.IsWrite && at is { Kind: not OperationKind.Status, Target: null });
            if (at.State == OperationState.Sent && isAskedAgain && at.Link == given)
                AskAgain(at);
        }
    }

    private void AskAgain(Operation operation)
    {
        operation.MayBeApplied |= operation.Session != 0;
        Retry(operation);
    }

    private void SendAll(Link link, Queue<(Operation Operation, uint Stamp)> queue, long nowMs)
    {
        while (Fill(queue))
        {
            if (!link.Socket.TrySendFrame(_frame.Bytes))
            {
                // Nothing left this process, so all of it may be sent again.
                IsHeldUp = true;
                foreach (Operation operation in _batch)
                {
                    slots.Remove(operation);
                    Enqueue(operation);
                }

                return;
            }

            if (link.Unanswered == 0)
                link.SilentSinceMs = nowMs;
            link.UsedAtMs = nowMs;
            link.Unanswered += _batch.Count;
            foreach (Operation operation in _batch)
            {
                if (operation.Session != 0)
                    session.Used(nowMs);
                operation.State = OperationState.Sent;
                operation.Stamp++;
                operation.Link = link;
            }
        }
    }

    private bool Fill(Queue<(Operation Operation, uint Stamp)> queue)
    {
        _frame.Clear();
        _batch.Clear();
        while (queue.TryPeek(out var next))
        {
            Operation operation = next.Operation;
            if (operation.Stamp == next.Stamp)
            {
                if (slots.IsFull || !_frame.HasRoom(operation.Body.Length))
                    break;
                if (TryAssign(operation))
                {
                    slots.Add(operation);
                    AddToFrame(operation);
                    _batch.Add(operation);
                }
                else
                {
                    _held.Enqueue(next);
                }
            }

            queue.Dequeue();
        }

        return _batch.Count > 0;
    }

    private bool TryAssign(Operation operation)
    {
        if (operation.Kind != OperationKind.Write || operation.Session != 0
            || session.State == SessionState.Unsupported)
            return true;
        if (session.Room == 0)
            return false;
        session.Assign(operation);
        return true;
    }

    private void AddToFrame(Operation operation)
    {
        // Of a session that is gone nothing is acknowledged any more.
        ulong below = operation.Session == session.Id ? session.AcknowledgedBelow : 0;
        if (operation.Session == 0)
            _frame.Add(operation.Id, (int)operation.Kind, operation.Body.Span, reads: operation.Reads);
        else
        {
            _frame.Add(
                operation.Id, (int)operation.Kind, operation.Body.Span, operation.Session, operation.Sequence, below);
        }
    }

    private void Retry(Operation operation)
    {
        Unsend(operation);
        Enqueue(operation);
    }

    private void RetryLater(Operation operation, long nowMs)
    {
        long dueMs = nowMs + backOff.PauseMs(++operation.Refusals);
        if (dueMs > operation.DeadlineMs - LastTryMs)
        {
            End(operation, operation.MayBeApplied ? Outcomes.RefusedLater(operation.Refusal) : operation.Refusal);
            return;
        }

        Unsend(operation);
        operation.State = OperationState.Ready;
        _later.Enqueue((operation, ++operation.Stamp), dueMs);
    }

    private void Enqueue(Operation operation)
    {
        operation.State = OperationState.Ready;
        (Operation, uint) entry = (operation, ++operation.Stamp);
        if (operation.Target is not { } target)
            _ready.Enqueue(entry);
        else if (links.GetOrOpen(target, search.Leader) is { } link)
            link.Own.Enqueue(entry);
    }

    private void Unsend(Operation operation)
    {
        slots.Remove(operation);
        operation.Link!.Unanswered--;
        operation.Link = null;
    }

    private void End(Operation operation, in ClientResult result)
    {
        if (operation.State == OperationState.Sent)
            Unsend(operation);
        operation.State = OperationState.Idle;
        operation.Stamp++;
        _all.Remove(operation);
        session.Done(operation);
        operation.End(result);
    }
}
