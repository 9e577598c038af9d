using Chorus.Common.Log;
using Chorus.Simulation.Checks;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Disk;

/// <summary>
/// The disk thread of one process: jobs run one after the other, writing and syncing as separate events at random
/// delays, so that a crash can fall before, between and after them.
/// </summary>
internal sealed class SimulatedDisk(EventQueue world, SeededRandom random, DiskPace pace, Action wake)
    : IDiskExecutor
{
    private readonly Queue<IDiskJob> _jobs = new();
    private bool _isBusy;
    private bool _isStopped;
    private long _pausedUntil;

    /// <summary>Called with whatever a job let escape: a simulated crash.</summary>
    public required Action<CrashException> Crashed { get; init; }

    /// <summary>
    /// Another thread of the same process that works on the same device: stops and hangs with this one.
    /// </summary>
    public SimulatedDisk? Companion { get; init; }

    public void Post(IDiskJob job)
    {
        _jobs.Enqueue(job);
        if (!_isBusy)
            Begin();
    }

    /// <summary>The process is gone: nothing of this disk thread happens any more.</summary>
    public void Stop()
    {
        _isStopped = true;
        Companion?.Stop();
    }

    /// <summary>Nothing proceeds before a time: the thread is stopped or the device hangs.</summary>
    public void Pause(long until)
    {
        _pausedUntil = Math.Max(_pausedUntil, until);
        Companion?.Pause(until);
    }

    private void Begin()
    {
        if (!_jobs.TryDequeue(out IDiskJob? job))
            return;
        _isBusy = true;
        Later(random.Exponential(pace.WriteMicros), () => Step(job, job.Write, () => Sync(job)));
    }

    private void Sync(IDiskJob job) =>
        Later(random.Exponential(pace.SyncMicros), () => Step(job, job.Sync, Finish));

    private void Finish()
    {
        _isBusy = false;
        wake();
        Begin();
    }

    private void Step(IDiskJob job, Action step, Action next)
    {
        try
        {
            step();
        }
        catch (CrashException crash)
        {
            _isStopped = true;
            Crashed(crash);
            return;
        }
        catch (Exception error) when (error is not Violation)
        {
            job.Fail(error);
            next = Finish;
        }
        next();
    }

    private void Later(long delay, Action action) => world.After(1 + delay, () => RunUnlessPaused(action));

    private void RunUnlessPaused(Action action)
    {
        if (_isStopped)
            return;
        if (_pausedUntil > world.Now)
            world.At(_pausedUntil, () => RunUnlessPaused(action));
        else
            action();
    }
}
