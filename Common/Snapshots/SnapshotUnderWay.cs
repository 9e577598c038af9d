namespace Chorus.Common.Snapshots;

/// <summary>
/// A snapshot that is being written, for those who send it meanwhile. What is in its file does not change any more.
/// Told by its writer and its owner, read by any thread.
/// </summary>
/// <param name="header">What it is of.</param>
public sealed class SnapshotUnderWay(SnapshotHeader header)
{
    private long _writtenBytes;
    private volatile SnapshotInfo? _finished;
    private volatile bool _isAbandoned;

    /// <summary>What it is of.</summary>
    public SnapshotHeader Header => header;

    /// <summary>Bytes that can be read of its file.</summary>
    public long WrittenBytes => Volatile.Read(ref _writtenBytes);

    /// <summary>The snapshot, once it is durable under its name; null before.</summary>
    public SnapshotInfo? Finished => _finished;

    /// <summary>Whether it will never be finished. Its file is removed behind that.</summary>
    public bool IsAbandoned => _isAbandoned;

    /// <summary>More has been written.</summary>
    /// <param name="bytes">Bytes of the file that can be read now.</param>
    public void Note(long bytes) => Volatile.Write(ref _writtenBytes, bytes);

    /// <summary>It is durable under its name.</summary>
    public void Finish(SnapshotInfo snapshot)
    {
        Note(snapshot.LengthBytes);
        _finished = snapshot;
    }

    /// <summary>It is given up.</summary>
    public void Abandon() => _isAbandoned = true;
}
