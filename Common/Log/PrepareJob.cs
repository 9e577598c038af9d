namespace Chorus.Common.Log;

/// <summary>A step in making a file for the next segment. Reused for all steps and files.</summary>
internal sealed class PrepareJob(IStorage storage) : IDiskJob, IDisposable
{
    private const int StepBytes = 1 << 20;
    private const int WriteBytes = 256 << 10;
    private static readonly byte[] Zeros = UncachedFile.Allocate(WriteBytes, out ZerosStart);
    private static readonly int ZerosStart;

    private IStorageFile? _file;
    private bool _fills;
    private long _written;
    private long _stepEnd;
    private volatile bool _finished;

    /// <summary>Length of the file.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether a file has been begun and is not ready yet.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Whether the step that was posted has ended. The loop's side; all else is visible with it.</summary>
    public bool IsFinished => _finished;

    /// <summary>Why the step failed.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Begins another file.</summary>
    /// <param name="bytes">Its length.</param>
    /// <param name="fills">Whether zeros are written; otherwise its space is reserved, in one step.</param>
    public void Begin(long bytes, bool fills)
    {
        Bytes = bytes;
        _fills = fills;
        _written = 0;
        Error = null;
        IsUnderWay = true;
    }

    /// <summary>Says how far the next step goes.</summary>
    public void NextStep(bool all)
    {
        _stepEnd = all ? Bytes : Math.Min(Bytes, _written + StepBytes);
        _finished = false;
    }

    /// <inheritdoc/>
    public void Write()
    {
        if (_written == 0)
        {
            if (storage.FreeBytes < Bytes)
                throw new DiskFullException($"{storage.Location} has no room for another segment of {Bytes} bytes");
            if (storage.Exists(SegmentHeader.SpareTempName))
                storage.Delete(SegmentHeader.SpareTempName);
            _file = Create();
            if (!_fills)
                _written = Bytes;
        }
        while (_written < _stepEnd)
        {
            int bytes = (int)Math.Min(WriteBytes, _stepEnd - _written);
            _file!.Write(_written, Zeros.AsSpan(ZerosStart, bytes));
            _written += bytes;
        }
    }

    /// <inheritdoc/>
    public void Sync()
    {
        _file!.Sync();
        if (_written == Bytes)
        {
            _file.Dispose();
            _file = null;
            storage.Rename(SegmentHeader.SpareTempName, SegmentHeader.SpareName);
            storage.SyncDirectory();
            IsUnderWay = false;
        }
        _finished = true;
    }

    /// <inheritdoc/>
    public void Fail(Exception error)
    {
        Error = error;
        IsUnderWay = false;
        Dispose();
        try
        {
            if (error is DiskFullException && storage.Exists(SegmentHeader.SpareTempName))
                storage.Delete(SegmentHeader.SpareTempName);
        }
        catch (IOException alsoFailed)
        {
            Error = alsoFailed;
        }
        _finished = true;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    // Zeros that go through the cache are copied there, page by page, only to be overwritten: as much work as the
    // records themselves.
    private IStorageFile Create()
    {
        if (!_fills)
            return storage.CreateReserved(SegmentHeader.SpareTempName, Bytes);
        return Bytes % IStorage.UncachedBlockBytes == 0
            ? storage.CreateUncached(SegmentHeader.SpareTempName)
            : storage.Create(SegmentHeader.SpareTempName);
    }
}
