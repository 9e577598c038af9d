namespace Chorus.Common.Log;

/// <summary>One thread for all disk work of a node.</summary>
public sealed class DiskThread : IDiskExecutor, IDisposable
{
    private readonly Queue<IDiskJob> _jobs = new();
    private readonly object _gate = new(); // a Lock has no Wait
    private readonly Action _wake;
    private readonly Thread _thread;
    private readonly bool _standsBack;
    private bool _stopping;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="wake">Called on this thread after every job: tells the loop to look for completions.</param>
    /// <param name="standsBack">Whether others come first when the processors are busy. Default false.</param>
    public DiskThread(string name, Action wake, bool standsBack = false)
    {
        (_wake, _standsBack) = (wake, standsBack);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Post(IDiskJob job)
    {
        lock (_gate)
        {
            _jobs.Enqueue(job);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Finishes what was posted, and ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
        _thread.Join();
    }

    private void Run()
    {
        if (_standsBack)
            Background.EnterThread();
        while (TryTake(out IDiskJob? job))
        {
            DiskWork.Run(job);
            _wake();
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IDiskJob? job)
    {
        lock (_gate)
        {
            while (!_jobs.TryDequeue(out job))
            {
                if (_stopping)
                    return false;
                Monitor.Wait(_gate);
            }
            return true;
        }
    }
}
