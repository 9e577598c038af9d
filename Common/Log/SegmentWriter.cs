namespace Chorus.Common.Log;

/// <summary>The disk's side of the segments: holds the one that is written. Used by the disk's thread.</summary>
internal sealed class SegmentWriter(IStorage storage, long cachedBytes) : IDisposable
{
    private const int PageBytes = 4096;

    private readonly byte[] _staging = GC.AllocateUninitializedArray<byte>(128 << 10, pinned: true);
    private readonly CachedTrail _trail = new(storage, cachedBytes);
    private IStorageFile? _file;
    private string _name = "";
    private long _end;
    private long _stagedAt;
    private int _staged;
    private long _capacity;
    private bool _dirty;

    /// <summary>Carries out an operation. Small pieces that follow one another are gathered into one write.</summary>
    public void Execute(in DiskOperation operation)
    {
        if (operation.Kind == DiskOperationKind.Start)
            Start(operation);
        else
            Write(operation);
    }

    /// <summary>
    /// Hands what was gathered to the file, and the zeros that stand behind it up to the end of its last page: of a
    /// page that is not in the system's cache a part cannot be written before the rest has been read.
    /// </summary>
    public void Drain()
    {
        if (_staged == 0)
            return;
        long end = _stagedAt + _staged;
        int zeros = (int)Math.Min(Math.Min(-end & (PageBytes - 1), _capacity - end), _staging.Length - _staged);
        _staging.AsSpan(_staged, zeros).Clear();
        _file!.Write(_stagedAt, _staging.AsSpan(0, _staged + zeros));
        _staged = 0;
    }

    /// <summary>Makes everything written durable.</summary>
    public void Sync()
    {
        Drain();
        if (!_dirty)
            return;
        _file!.Sync();
        _dirty = false;
        _trail.Note(_name, _end);
    }

    public void Dispose() => _file?.Dispose();

    private void Write(in DiskOperation operation)
    {
        long position = operation.Position;
        if (operation.MarkFirst > 0)
        {
            Span<byte> mark = stackalloc byte[BatchMark.SizeBytes];
            Segment segment = operation.Segment!;
            BatchMark.Encode(mark, segment.Salt, segment.Header.Sequence, operation.MarkFirst, position);
            Put(position, mark);
            position += mark.Length;
        }
        ReadOnlySpan<byte> bytes = operation.Chunk!.Bytes.AsSpan(operation.Slice);
        Put(position, bytes);
        _end = position + bytes.Length;
        _dirty = true;
    }

    private void Put(long position, ReadOnlySpan<byte> bytes)
    {
        if (_staged + bytes.Length > _staging.Length || (_staged > 0 && _stagedAt + _staged != position))
            Drain();
        if (bytes.Length > _staging.Length)
        {
            // Whole pages as they are; what is left fits.
            int whole = bytes.Length - (int)((position + bytes.Length) & (PageBytes - 1));
            _file!.Write(position, bytes[..whole]);
            position += whole;
            bytes = bytes[whole..];
        }
        if (bytes.Length == 0)
            return;
        if (_staged == 0)
            _stagedAt = position;
        bytes.CopyTo(_staging.AsSpan(_staged));
        _staged += bytes.Length;
    }

    private void Start(in DiskOperation operation)
    {
        // The older segment must be durable before a newer one stands behind it: recovery relies on it.
        Sync();
        IStorageFile? before = _file;
        Segment segment = operation.Segment!;
        _file = storage.Open(SegmentHeader.SpareName, writable: true);
        Span<byte> block = stackalloc byte[SegmentHeader.BlockBytes];
        segment.Header.Encode(block);
        _capacity = segment.Capacity;
        _file.Write(0, block);
        _file.Sync();
        _name = segment.Header.Name;
        storage.Rename(SegmentHeader.SpareName, _name);
        storage.SyncDirectory();
        before?.Dispose();
        if (operation.Sealed is Segment last)
            Cut(last);
        foreach (string name in operation.Superseded!)
            storage.Delete(name);
    }

    private void Cut(Segment last)
    {
        // Only gives room back; the zeros behind the end do no harm if it is lost.
        using IStorageFile file = storage.Open(last.Header.Name, writable: true);
        if (file.Length > last.End)
            file.SetLength(last.End);
    }
}
