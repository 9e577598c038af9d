using System.Diagnostics;
using Chorus.Client.Acked;
using Chorus.Client.Measure;

namespace Chorus.Client.Load;

/// <summary>Runs one load: warm-up, measured window, drain.</summary>
internal sealed class LoadEngine
{
    private const double SampleSec = 1;

    /// <summary>A timer may be early by a little, which must not make a second end twice.</summary>
    private const double ShortestSec = 0.005;

    /// <summary>How long after the end operations are still sent that fell due before it (open loop).</summary>
    private const double BacklogSec = 1;

    private const int DrainPollMsec = 5;

    private readonly LoadPlan _plan;
    private readonly RunState _state = new();
    private readonly Recorder[] _recorders;
    private readonly OpenLoop? _open;
    private readonly Caller[] _callers;
    private readonly AckedKeys[] _acked;
    private readonly TaskCompletionSource _allFinished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Sample> _samples = [];
    private int _running;
    private long _operations;
    private long _errors;
    private long _completedInWindow;

    /// <param name="plan">What to do.</param>
    /// <param name="connections">The callers are dealt out over these in turn.</param>
    public LoadEngine(LoadPlan plan, IReadOnlyList<SendOperation> connections)
    {
        _plan = plan;
        _recorders = [.. connections.Select(_ => new Recorder(plan.IsOpenLoop))];
        _open = plan.IsOpenLoop ? new OpenLoop(plan, _state) : null;
        IWorkSource source = _open is null ? new ClosedLoop(plan, _state) : _open;
        Run = (uint)Random.Shared.NextInt64(1, uint.MaxValue);
        _acked = plan.TrackAcknowledged
            ? [.. Enumerable.Range(0, plan.Clients).Select(i => new AckedKeys(Run, i, plan))] : [];
        _running = plan.Clients;
        _callers = [.. Enumerable.Range(0, plan.Clients).Select(i => new Caller(
            i, plan, source, connections[i % connections.Count], _recorders[i % connections.Count],
            plan.TrackAcknowledged ? _acked[i] : null, OnCallerFinished))];
    }

    /// <summary>Number of the run, part of every tracked value.</summary>
    public uint Run { get; }

    /// <summary>Called about once a second, from one thread at a time.</summary>
    public Action<LoadProgress>? Progress { get; init; }

    /// <summary>Called at the edges of the measured window.</summary>
    public Action<LoadPhase>? PhaseChanged { get; init; }

    /// <summary>Runs to the end, or until stopped; then waits for what is outstanding, but not for ever.</summary>
    public async Task<LoadResult> RunAsync(CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        if (_plan.WarmUpSec <= 0)
            BeginMeasuring(ref start);
        _open?.Start();
        foreach (Caller caller in _callers)
            caller.Start();
        if (_plan.WarmUpSec > 0)
        {
            await SampleAsync(start, _plan.WarmUpSec, stop).ConfigureAwait(false);
            BeginMeasuring(ref start);
        }
        DateTime beginUtc = DateTime.UtcNow;
        await SampleAsync(start, _plan.Requests > 0 ? double.MaxValue : _plan.TimeSec, stop).ConfigureAwait(false);
        double windowSec = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _completedInWindow = _operations;
        bool interrupted = stop.IsCancellationRequested;
        _state.Stop(Stopwatch.GetTimestamp());
        if (interrupted)
            _state.Abandon();
        PhaseChanged?.Invoke(LoadPhase.Drain);
        Totals? early = _plan.CountLateAnswers ? null : Sum();
        await DrainAsync().ConfigureAwait(false);
        if (early is null)
            TakeSample(windowSec, Stopwatch.GetElapsedTime(start).TotalSeconds, onlyIfAny: true);
        return Result(beginUtc, windowSec, interrupted, early ?? Sum());
    }

    private void BeginMeasuring(ref long start)
    {
        foreach (Recorder recorder in _recorders)
            recorder.Swap();
        (_operations, _errors) = (0, 0);
        _samples.Clear();
        PhaseChanged?.Invoke(LoadPhase.Measure);
        start = Stopwatch.GetTimestamp();
        _state.BeginMeasuring(start);
    }

    /// <summary>Samples every second until the time is over, everybody has finished, or the run stops.</summary>
    private async Task SampleAsync(long start, double lengthSec, CancellationToken stop)
    {
        double fromSec = 0;
        do
        {
            double toSec = Math.Min(lengthSec, fromSec + SampleSec);
            double waitSec = Math.Max(0, toSec - Stopwatch.GetElapsedTime(start).TotalSeconds);
            try
            {
                await _allFinished.Task.WaitAsync(TimeSpan.FromSeconds(waitSec), stop).ConfigureAwait(false);
            }
            catch (Exception expected) when (expected is TimeoutException or OperationCanceledException)
            {
                // A second has passed, or somebody pressed Ctrl-C.
            }
            toSec = Stopwatch.GetElapsedTime(start).TotalSeconds;
            TakeSample(fromSec, toSec, onlyIfAny: false);
            Tell(lengthSec, toSec);
            fromSec = toSec;
        }
        while (lengthSec - fromSec > ShortestSec && !_allFinished.Task.IsCompleted && !stop.IsCancellationRequested);
    }

    private void TakeSample(double fromSec, double toSec, bool onlyIfAny)
    {
        Interval sum = new();
        foreach (Recorder recorder in _recorders)
            sum.Add(recorder.Swap());
        _operations += sum.Latency.Count;
        _errors += sum.Errors;
        if (onlyIfAny && sum.Latency.Count + sum.Errors == 0)
            return;
        _samples.Add(new Sample(
            fromSec, toSec, sum.Latency.Count, sum.Errors, sum.Unknown, sum.Latency.PercentileUs(50),
            sum.Latency.PercentileUs(99), sum.Latency.MaxUs));
    }

    private void Tell(double lengthSec, double nowSec)
    {
        bool byCount = _plan.Requests > 0 && _state.Phase != LoadPhase.WarmUp;
        double share = byCount ? (_operations + _errors) / (double)_plan.Requests : nowSec / lengthSec;
        Progress?.Invoke(new LoadProgress(_state.Phase, _samples[^1], Math.Min(1, share), _operations, _errors));
    }

    private async Task DrainAsync()
    {
        long from = Stopwatch.GetTimestamp();
        while (!_allFinished.Task.IsCompleted && Stopwatch.GetElapsedTime(from).TotalSeconds < _plan.DrainSec)
        {
            foreach (Caller caller in _callers)
                caller.EndPause();
            if (Stopwatch.GetElapsedTime(from).TotalSeconds > BacklogSec)
                _state.Abandon();
            await Task.WhenAny(_allFinished.Task, Task.Delay(DrainPollMsec)).ConfigureAwait(false);
        }
        _state.Abandon();
    }

    private Totals Sum()
    {
        Totals totals = new(_plan.IsOpenLoop);
        foreach (Recorder recorder in _recorders)
            recorder.AddTo(totals);
        return totals;
    }

    private LoadResult Result(DateTime beginUtc, double windowSec, bool interrupted, Totals totals)
    {
        foreach (Caller caller in _callers)
            caller.Dispose();
        return new LoadResult
        {
            BeginUtc = beginUtc,
            WindowSec = windowSec,
            CompletedInWindow = _completedInWindow,
            Totals = totals,
            Samples = _samples,
            Unsent = _open?.Stop() ?? 0,
            Stuck = Volatile.Read(ref _running),
            Interrupted = interrupted,
            Acked = _plan.TrackAcknowledged ? [.. _acked.SelectMany(keys => keys.Result())] : null,
            Run = Run,
            WrongReads = _acked.Sum(keys => keys.WrongReads),
            FirstWrongRead = _acked.FirstOrDefault(keys => keys.WrongReads > 0)?.FirstWrongRead ?? "",
        };
    }

    private void OnCallerFinished()
    {
        if (Interlocked.Decrement(ref _running) == 0)
            _allFinished.TrySetResult();
    }
}
