using System.Diagnostics;

namespace Chorus.Client.Load;

/// <summary>
/// Operations fall due at a fixed rate, whether or not earlier ones were answered. An operation that finds every
/// caller busy keeps its due time, so that its response time includes the wait: no coordinated omission.
/// </summary>
internal sealed class OpenLoop(LoadPlan plan, RunState state) : IWorkSource
{
    private const int PacerEndMsec = 1000;

    private readonly double _ticksPerOperation = Stopwatch.Frequency / plan.RatePerSec;
    private readonly Lock _gate = new();
    private readonly Stack<Caller> _idle = new();
    private long _startTimestamp;
    private long _next;
    private long _measured;
    private long _unsent;
    private Thread? _pacer;


    /// <summary>Starts the clock. Before the first caller asks.</summary>
    public void Start()
    {
        _startTimestamp = Stopwatch.GetTimestamp();
        _pacer = new Thread(Pace) { IsBackground = true, Name = "pacer" };
        _pacer.Start();
    }

    /// <summary>
    /// Waits for the pacer to end, once nothing is to be sent any more. Returns how many operations fell due in the
    /// measured window and were never sent, since all callers were busy.
    /// </summary>
    public long Stop()
    {
        _pacer?.Join(PacerEndMsec);
        lock (_gate)
            return _unsent;
    }

    public WorkAnswer Take(Caller caller, out Work work)
    {
        lock (_gate)
        {
            WorkAnswer answer = TakeDue(Stopwatch.GetTimestamp(), out work);
            if (answer == WorkAnswer.Wait)
                _idle.Push(caller);
            return answer;
        }
    }

    private WorkAnswer TakeDue(long now, out Work work)
    {
        work = default;
        long due = DueTimestamp(_next);
        if (!state.Accepts(due) || (plan.Requests > 0 && _measured >= plan.Requests))
            return WorkAnswer.Finish;
        if (due > now)
            return WorkAnswer.Wait;
        _next++;
        bool measured = due >= state.BeginTimestamp;
        if (measured)
            _measured++;
        work = new Work(due, measured);
        return WorkAnswer.Issue;
    }

    private long DueTimestamp(long operation) => _startTimestamp + (long)(operation * _ticksPerOperation);

    private void Pace()
    {
        while (true)
        {
            Caller? caller = null;
            Work work;
            WorkAnswer answer;
            long due;
            lock (_gate)
            {
                long now = Stopwatch.GetTimestamp();
                due = DueTimestamp(_next) - now;
                if (_idle.Count == 0)
                    (answer, work) = (state.Accepts(now + due) ? WorkAnswer.Wait : WorkAnswer.Finish, default);
                else if ((answer = TakeDue(now, out work)) != WorkAnswer.Wait)
                    caller = _idle.Pop();
                if (answer == WorkAnswer.Finish && caller is null)
                {
                    CountUnsent();
                    return;
                }
            }
            if (answer == WorkAnswer.Issue)
                caller!.Resume(work);
            else if (answer == WorkAnswer.Finish)
                caller!.Finish();
            else
                Nap.UntilTicks(due);
        }
    }

    private void CountUnsent()
    {
        if (plan.Requests > 0)
            return;
        for (long due = DueTimestamp(_next); due < state.EndTimestamp; due = DueTimestamp(++_next))
            if (due >= state.BeginTimestamp)
                _unsent++;
    }
}
