using System.Collections.Concurrent;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>
/// The thread that owns the sockets of a client. Takes operations from any thread, sends all that wait in as
/// few frames as possible, and ends them with their answers.
/// </summary>
internal sealed class ClientThread
{
    private const int FramesPerRoundMax = 64;
    private const int WaitMsMax = 1_000;
    private const int HeldUpWaitMs = 1;

    // So long a client that ends waits for its session to be closed; otherwise it expires by itself.
    private const int LeaveMsMax = 200;

    private readonly ChorusClientOptions _options;
    private readonly SubmissionQueue _submissions;
    private readonly ConcurrentQueue<(Operation Operation, short Version)> _cancellations = new();
    private readonly OperationPool _pool;
    private readonly Wakeup _wakeup = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Poller _poller = new();
    private readonly ZmqMessage _message = new();
    private readonly LinkTable _links;
    private readonly LeaderSearch _search;
    private readonly Dispatcher _dispatcher;
    private readonly SessionErrands _errands;
    private int _threadId;
    private volatile bool _closing;

    internal ClientThread(ChorusClientOptions options, IReadOnlyList<Endpoint> servers)
    {
        _options = options;
        _submissions = new SubmissionQueue(new Operation(this));
        _pool = new OperationPool(this);
        BackOff backOff = new(options.BackOffMin, options.BackOffMax);
        ZmqContext context = SharedContext.Take();
        _poller.Add(_wakeup);
        _links = new LinkTable(context, _poller, servers);
        _search = new LeaderSearch(_links, backOff);
        Outcomes outcomes = new(_links, _search, options.Timeout);
        SessionKeeper session = new(options.UseSession);
        _dispatcher = new Dispatcher(
            _links, _search, backOff, outcomes, new SlotTable(options.OutstandingMax), session);
        _errands = new SessionErrands(this, _dispatcher, session, options.Timeout);
        new Thread(Run) { IsBackground = true, Name = "chorus-client" }.Start();
    }

    internal string? LeaderAddress => _search.LeaderAddress;

    /// <summary>Hands an operation over. Any thread.</summary>
    internal ValueTask<ClientResult> Submit(
        OperationKind kind, ReadOnlyMemory<byte> body, Endpoint? target, CancellationToken cancellation,
        ReadMode reads = ReadMode.Server)
    {
        if (cancellation.IsCancellationRequested)
            return new ValueTask<ClientResult>(Outcomes.NeverBegun());
        Operation operation = _pool.Take();
        long deadlineMs = _options.Timeout < TimeSpan.Zero
            ? long.MaxValue
            : Environment.TickCount64 + (long)_options.Timeout.TotalMilliseconds;
        operation.Begin(kind, body, target, deadlineMs, _options.CompleteInline, reads);
        short version = operation.Version;
        ValueTask<ClientResult> task = new(operation, version);
        operation.WatchCancellation(cancellation);
        if (!_submissions.TryGive(operation))
        {
            operation.Abandon();
            throw new ObjectDisposedException(nameof(ChorusClient));
        }

        // A cancellation before the handover found nothing to cancel.
        if (cancellation.IsCancellationRequested)
            _cancellations.Enqueue((operation, version));
        if (Environment.CurrentManagedThreadId != _threadId)
            _wakeup.Signal();
        return task;
    }

    /// <summary>Asks for an operation to be ended. Any thread.</summary>
    internal void Cancel(Operation operation, short version)
    {
        _cancellations.Enqueue((operation, version));
        _wakeup.Signal();
    }

    /// <summary>Takes back an operation whose result was taken. Any thread.</summary>
    internal void Return(Operation operation) => _pool.Return(operation);

    /// <summary>Ends the thread. Any thread, also this one.</summary>
    internal Task CloseAsync()
    {
        _closing = true;
        _wakeup.Signal();
        return _ended.Task;
    }

    private void Run()
    {
        _threadId = Environment.CurrentManagedThreadId;
        while (!_closing)
        {
            _wakeup.Clear();
            long nowMs = Environment.TickCount64;
            bool busy = TakeSubmissions();
            busy |= Look(nowMs);

            // What was asked by those who have just got an answer goes out in this round.
            busy |= TakeSubmissions();
            _dispatcher.Expire(nowMs);
            _errands.Work(nowMs);
            long dueMs = _search.AskWhenDue(nowMs, _dispatcher.NeedsLeader);
            _dispatcher.SendReady(nowMs);
            _poller.Wait(busy ? 0 : WaitMs(nowMs, dueMs));
        }

        End();
    }

    private int WaitMs(long nowMs, long dueMs)
    {
        if (_dispatcher.IsHeldUp)
            return HeldUpWaitMs;
        if (_dispatcher.NeedsSession)
            return 0;
        dueMs = Math.Min(dueMs, _dispatcher.NextDueMs);
        return (int)Math.Clamp(dueMs - nowMs, 0, WaitMsMax);
    }

    private bool TakeSubmissions()
    {
        bool any = _submissions.TryTakeAll(out Operation? operation);
        while (operation is not null)
        {
            Operation? next = operation.Next;
            operation.Next = null;
            _dispatcher.Accept(operation);
            operation = next;
        }

        while (_cancellations.TryDequeue(out var cancelled))
            _dispatcher.Cancel(cancelled.Operation, cancelled.Version);
        return any;
    }

    private bool Look(long nowMs)
    {
        bool any = false;
        for (int i = 0; i < _links.All.Count; i++)
        {
            Link link = _links.All[i];
            _links.Current = link;
            any |= Receive(link, nowMs);
            any |= Watch(link, nowMs);
        }

        _links.Current = null;
        return any;
    }

    private bool Receive(Link link, long nowMs)
    {
        int frames = 0;
        while (frames < FramesPerRoundMax && link.Socket.TryReceiveFrame(_message))
        {
            frames++;
            bool whole = !_message.More;
            if (whole)
                _dispatcher.Answer(link, _message.Span, nowMs);
            link.Socket.SkipRest(_message);
        }

        return frames > 0;
    }

    private bool Watch(Link link, long nowMs)
    {
        bool any = false;
        while (link.Monitor.TryReceive(out SocketEvent happened))
        {
            any = true;
            if (happened.Kind == SocketEventKind.HandshakeSucceeded)
            {
                // Receiving first makes the socket see the new connection.
                Receive(link, nowMs);
                link.IsConnected = true;
                _search.Connected(link);
            }
            else if (happened.Kind == SocketEventKind.Disconnected && link.IsConnected)
            {
                // Answers that came before the end are still answers.
                while (Receive(link, nowMs))
                {
                }

                link.IsConnected = false;
                _search.Lost(link, nowMs);
                _dispatcher.Lost(link);
            }
        }

        return any;
    }

    private void Leave()
    {
        long nowMs = Environment.TickCount64;
        long untilMs = nowMs + LeaveMsMax;
        if (!_search.CanSend(nowMs) || !_errands.TryClose(nowMs))
            return;
        while (!_errands.IsClosed && nowMs < untilMs)
        {
            _dispatcher.SendReady(nowMs);
            _wakeup.Clear();
            _poller.Wait((int)(untilMs - nowMs));
            nowMs = Environment.TickCount64;
            Look(nowMs);
        }

        _dispatcher.Close();
    }

    private void End()
    {
        for (Operation? late = _submissions.Close(), next; late is not null; late = next)
        {
            next = late.Next;
            late.Next = null;
            _dispatcher.Accept(late);
        }

        _dispatcher.Close();
        Leave();
        _links.Dispose();
        _message.Dispose();
        _wakeup.Dispose();
        SharedContext.Return();
        _ended.SetResult();
    }
}
