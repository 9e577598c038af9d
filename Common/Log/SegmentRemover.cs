namespace Chorus.Common.Log;

/// <summary>
/// Removes segment files that the log no longer keeps, oldest first. A job of its own, not a part of a batch: where the
/// device is full, batches wait for the very room that this makes.
/// </summary>
/// <remarks>
/// Owned by the loop's thread. One file at a time, with a rest behind each: a file system that tells the device what is
/// free again (mounted with <c>discard</c>) lets all flushes wait for as long as that takes. Each removal is durable
/// before the next begins, so a crash leaves a log that begins at one segment or another, never one with a hole.
/// </remarks>
internal sealed class SegmentRemover(IStorage storage, IDiskExecutor executor, LogOptions options)
{
    // So many files may wait before the rests become shorter: whatever is written, as much is removed.
    private const int WaitingMost = 64;

    private readonly Queue<string> _waiting = new();
    private Job? _job;
    private long _restUntil;

    /// <summary>Why a removal failed; the node must stop.</summary>
    public Exception? Error => _job?.Error;

    /// <summary>Whether a file is being removed.</summary>
    public bool IsBusy => _job is not null;

    /// <summary>Has files removed, in this order.</summary>
    public void Remove(IEnumerable<string> names)
    {
        foreach (string name in names)
            _waiting.Enqueue(name);
    }

    /// <summary>Looks for the end of a job.</summary>
    public void Finish()
    {
        if (_job is { IsFinished: true, Error: null })
            _job = null;
    }

    /// <summary>Looks for the end of a job, and begins the next one if it is time.</summary>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="isRoomWanted">Whether the device is full: then there are no rests.</param>
    public void Work(long nowMicros, bool isRoomWanted)
    {
        Finish();
        if (_job is not null || _waiting.Count == 0 || (nowMicros < _restUntil && !isRoomWanted))
            return;
        long rest = options.SegmentSizeBytes * 1_000_000 / options.RemovedBytesPerSecond;
        _restUntil = nowMicros + rest * WaitingMost / Math.Max(WaitingMost, _waiting.Count);
        _job = new Job(storage, _waiting.Dequeue());
        executor.Post(_job);
    }

    private sealed class Job(IStorage storage, string name) : IDiskJob
    {
        private volatile bool _finished;

        /// <summary>Whether it has ended; the error is visible with it.</summary>
        public bool IsFinished => _finished;

        public Exception? Error { get; private set; }

        public void Write() => storage.Delete(name);

        public void Sync()
        {
            storage.SyncDirectory();
            _finished = true;
        }

        public void Fail(Exception error)
        {
            Error = error;
            _finished = true;
        }
    }
}
