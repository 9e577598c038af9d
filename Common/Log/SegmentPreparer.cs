namespace Chorus.Common.Log;

/// <summary>
/// Keeps one file ready for the next segment: allocated and durable, so that a later write cannot run out of room; and
/// full of zeros where batches are short, so that it changes no metadata either. Made in small steps between batches,
/// so that no batch waits for long.
/// </summary>
/// <remarks>Owned by the loop's thread; the steps run on the executor, one at a time.</remarks>
internal sealed class SegmentPreparer(IStorage storage, IDiskExecutor executor, LogOptions options) : IDisposable
{
    // The first file after a start is small, so that the first append need not wait for a large one.
    private const long FirstBytes = 4 << 20;
    private const long RetryMicros = 1_000_000;
    private const double BatchesCounted = 64;

    private readonly PrepareJob _job = new(storage);
    private bool _working;
    private bool _started;
    private long _retryAtMicros;
    // Running average: a single long batch does not decide.
    private double _batchBytes;

    /// <summary>Bytes of the file that is ready; 0 when there is none.</summary>
    public long ReadyBytes { get; private set; }

    /// <summary>Whether the device had no room at the last attempt.</summary>
    public bool IsFull { get; private set; }

    /// <summary>A failure that is not for want of room.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Smallest file that holds the largest record.</summary>
    public static long SmallestBytes(LogOptions options) =>
        SegmentHeader.BlockBytes + BatchMark.SizeBytes + RecordHeader.SizeBytes + (long)options.PayloadBytesMax;

    /// <summary>Takes over what an earlier process left ready.</summary>
    public void Adopt()
    {
        if (storage.Exists(SegmentHeader.SpareTempName))
            storage.Delete(SegmentHeader.SpareTempName);
        if (!storage.Exists(SegmentHeader.SpareName))
            return;
        long length;
        using (IStorageFile spare = storage.Open(SegmentHeader.SpareName, writable: false))
            length = spare.Length;
        if (length >= SmallestBytes(options))
            ReadyBytes = length;
        else
            storage.Delete(SegmentHeader.SpareName);
    }

    /// <summary>A batch of records goes to the disk: the next file is made as suits batches like it.</summary>
    public void Note(long batchBytes) => _batchBytes += (batchBytes - _batchBytes) / BatchesCounted;

    /// <summary>Looks for the end of a step and begins the next one. True when something has changed.</summary>
    /// <param name="urgent">Whether a batch waits for the file: then the rest is made in one step.</param>
    public bool Work(bool urgent)
    {
        bool changed = _working && _job.IsFinished;
        if (changed)
            Finish();
        if (_working || ReadyBytes > 0 || IsFull || Error is not null)
            return changed;
        if (!_job.IsUnderWay)
        {
            long bytes = _started
                ? options.SegmentSizeBytes
                : Math.Min(options.SegmentSizeBytes, Math.Max(FirstBytes, SmallestBytes(options)));
            _started = true;
            _job.Begin(bytes, fills: _batchBytes < options.FilledBatchBytesMax);
        }
        _working = true;
        _job.NextStep(urgent);
        executor.Post(_job);
        return changed;
    }

    /// <summary>Takes the file that is ready.</summary>
    public bool TryTake(out long bytes)
    {
        bytes = ReadyBytes;
        ReadyBytes = 0;
        return bytes > 0;
    }

    /// <summary>Tries again where the device was full, once a second.</summary>
    public void Retry(long nowMicros)
    {
        if (!IsFull)
            return;
        if (_retryAtMicros == 0)
            _retryAtMicros = nowMicros + RetryMicros;
        if (nowMicros < _retryAtMicros)
            return;
        _retryAtMicros = 0;
        if (storage.FreeBytes >= options.SegmentSizeBytes)
            IsFull = false;
    }

    public void Dispose() => _job.Dispose();

    private void Finish()
    {
        _working = false;
        if (_job.Error is DiskFullException)
            IsFull = true;
        else if (_job.Error is not null)
            Error = _job.Error;
        else if (!_job.IsUnderWay)
            ReadyBytes = _job.Bytes;
    }
}
