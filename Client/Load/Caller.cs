using System.Diagnostics;
using System.Runtime.CompilerServices;
using Chorus.Client.Acked;
using Chorus.Client.Measure;
using Chorus.Common.Client;
using Chorus.Common.Protocol;

namespace Chorus.Client.Load;

/// <summary>
/// One caller with at most one operation outstanding. It runs on whatever thread completes its operations; the
/// completion issues the next one. Between two operations it belongs to nobody, so it needs no lock.
/// </summary>
internal sealed class Caller : IDisposable
{
    /// <summary>Pause after a failure, so that a refusing cluster is not stormed.</summary>
    private const int FailurePauseMsec = 10;

    private readonly LoadPlan _plan;
    private readonly IWorkSource _source;
    private readonly SendOperation _send;
    private readonly Recorder _recorder;
    private readonly AckedKeys? _acked;
    private readonly Action _finished;
    private readonly Action _completed;
    private readonly CommandBuffer _command;
    private readonly Timer _pause;
    private RandomSequence _random;
    private ConfiguredValueTaskAwaitable<ClientResult>.ConfiguredValueTaskAwaiter _awaiter;
    private Work _work;
    private bool _write;
    private long _sentTimestamp;
    private int _pausing;

    /// <param name="number">0-based number among the callers; fixes its sequence of keys.</param>
    /// <param name="plan">What to do.</param>
    /// <param name="source">When to do it.</param>
    /// <param name="send">Its connection.</param>
    /// <param name="recorder">Where the figures go.</param>
    /// <param name="acked">Account of the acknowledged writes; null when none is kept.</param>
    /// <param name="finished">Called once, when the caller will not issue anything more.</param>
    public Caller(
        int number, LoadPlan plan, IWorkSource source, SendOperation send, Recorder recorder,
        AckedKeys? acked, Action finished)
    {
        (_plan, _source, _send, _recorder, _acked, _finished) = (plan, source, send, recorder, acked, finished);
        _random = new RandomSequence(plan.Seed, number);
        _command = new CommandBuffer(plan.KeyPrefix, plan.KeyDigits, plan.ValueBytes);
        _completed = OnCompleted;
        _pause = new Timer(static self => ((Caller)self!).EndPause(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Issues the first operation.</summary>
    public void Start() => AskForWork();

    /// <summary>Goes on with work that fell due while the caller waited for it.</summary>
    public void Resume(Work work)
    {
        if (Issue(work))
            AskForWork();
    }

    /// <summary>Ends the caller while it waits for work.</summary>
    public void Finish() => _finished();

    /// <summary>Cuts a pause short, so that the caller sees that the end has come.</summary>
    public void EndPause()
    {
        if (Interlocked.Exchange(ref _pausing, 0) == 1)
            AskForWork();
    }

    public void Dispose() => _pause.Dispose();

    private void AskForWork()
    {
        while (true)
        {
            switch (_source.Take(this, out Work work))
            {
                case WorkAnswer.Wait:
                    return;
                case WorkAnswer.Finish:
                    _finished();
                    return;
                default:
                    if (!Issue(work))
                        return;
                    break;
            }
        }
    }

    /// <summary>Sends one operation. True when it was answered at once and the caller should go on.</summary>
    private bool Issue(Work work)
    {
        _work = work;
        _write = _plan.ReadShare <= 0 || (_plan.ReadShare < 1 && _random.NextShare() >= _plan.ReadShare);
        ReadOnlyMemory<byte> command = NextCommand();
        _sentTimestamp = Stopwatch.GetTimestamp();
        try
        {
            _awaiter = _send(_write, command).ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return Conclude(Failed(error));
        }
        if (_awaiter.IsCompleted)
            return Conclude(Result());
        _awaiter.UnsafeOnCompleted(_completed);
        return false;
    }

    private ReadOnlyMemory<byte> NextCommand()
    {
        long key = _acked?.Choose(ref _random) ?? _random.NextBelow(_plan.Keys);
        if (!_write)
            return _command.Get(key);
        _acked?.BeginWrite(_command.Value);
        return _command.Set(key);
    }

    private void OnCompleted()
    {
        if (Conclude(Result()))
            AskForWork();
    }

    private ClientResult Result()
    {
        try
        {
            return _awaiter.GetResult();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return Failed(error);
        }
    }

    private ClientResult Failed(Exception error) =>
        new(_write ? Code.OutcomeUnknown : Code.NotLeader, default, 0, error.Message, "");

    /// <summary>Counts an answer. True when the caller should go on at once.</summary>
    private bool Conclude(in ClientResult result)
    {
        long now = Stopwatch.GetTimestamp();
        long due = _work.DueTimestamp == 0 ? _sentTimestamp : _work.DueTimestamp;
        _recorder.Record(result, _write, _work.Measured, Us(now - _sentTimestamp), Us(now - due));
        if (_write)
            _acked?.EndWrite(result.Code);
        else
            _acked?.CheckRead(result);
        if (_write && ErrorTally.IsUnknown(result.Code))
            _command.Renew();
        int pauseMsec = Math.Max(_plan.ThinkingTimeMsec, result.IsSuccess ? 0 : FailurePauseMsec);
        if (pauseMsec == 0)
            return true;
        Volatile.Write(ref _pausing, 1);
        _pause.Change(pauseMsec, Timeout.Infinite);
        return false;
    }

    private static long Us(long ticks) => ticks / (Stopwatch.Frequency / 1_000_000);
}
