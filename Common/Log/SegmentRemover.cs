namespace Chorus.Common.Log;

/// <summary>
/// Removes segment files that the log no longer keeps, oldest first. A job of its own, not a part of a batch: where the
/// device is full, batches wait for the very room that this makes.
/// </summary>
/// <remarks>
/// Owned by the loop's thread; one job at a time on the executor. Each removal is durable before the next begins, so a
/// crash leaves a log that begins at one segment or another, never one with a hole.
/// </remarks>
internal sealed class SegmentRemover(IStorage storage, IDiskExecutor executor)
{
    private readonly List<string> _waiting = [];
    private Job? _job;

    /// <summary>Why a removal failed; the node must stop.</summary>
    public Exception? Error => _job?.Error;

    /// <summary>Whether files are still to be removed.</summary>
    public bool IsBusy => _job is not null || _waiting.Count > 0;

    /// <summary>Has files removed, in this order.</summary>
    public void Remove(IEnumerable<string> names)
    {
        _waiting.AddRange(names);
        Work();
    }

    /// <summary>Looks for the end of a job and begins the next one.</summary>
    public void Work()
    {
        if (_job is { IsFinished: true, Error: null })
            _job = null;
        if (_job is not null || _waiting.Count == 0)
            return;
        _job = new Job(storage, [.. _waiting]);
        _waiting.Clear();
        executor.Post(_job);
    }

    private sealed class Job(IStorage storage, string[] names) : IDiskJob
    {
        private volatile bool _finished;

        /// <summary>Whether it has ended; the error is visible with it.</summary>
        public bool IsFinished => _finished;

        public Exception? Error { get; private set; }

        public void Write()
        {
            foreach (string name in names)
            {
                storage.Delete(name);
                storage.SyncDirectory();
            }
        }

        public void Sync() => _finished = true;

        public void Fail(Exception error)
        {
            Error = error;
            _finished = true;
        }
    }
}
