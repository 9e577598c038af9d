using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// The disk's side of the segments: holds the one that is written. Writes whole blocks, past the system's cache where
/// that can be had: a block that a batch ends in is written again with the next one, as the system would do it page by
/// page, without a copy of every byte in memory that is hardly read. Used by the disk's thread.
/// </summary>
internal sealed class SegmentWriter : IDisposable
{
    private readonly IStorage _storage;
    private readonly byte[] _staging;
    private readonly int _start;
    private readonly int _stagingBytes;
    private readonly int _block;
    private IStorageFile? _file;
    private long _stagedAt;
    private int _staged;
    private long _capacity;
    private bool _isWritten = true;
    private bool _dirty;

    /// <summary>Writes to no segment yet.</summary>
    /// <param name="storage">The directory.</param>
    public SegmentWriter(IStorage storage)
    {
        _storage = storage;
        _stagingBytes = storage.SequentialBytes;
        _block = Math.Min(_stagingBytes, IStorage.UncachedBlockBytes);
        _staging = UncachedFile.Allocate(_stagingBytes, out _start);
    }

    /// <summary>Carries out an operation. Pieces are gathered into long writes.</summary>
    public void Execute(in DiskOperation operation)
    {
        if (operation.Kind == DiskOperationKind.Start)
            Start(operation);
        else
            Write(operation);
    }

    /// <summary>
    /// Hands what was gathered to the file, and the zeros that stand behind it up to the end of its last block.
    /// </summary>
    public void Drain()
    {
        if (_isWritten)
            return;
        int whole = (int)Math.Min((_staged + _block - 1) & -_block, _capacity - _stagedAt);
        Staging[_staged..whole].Clear();
        _file!.Write(_stagedAt, Staging[..whole]);
        _isWritten = true;
        // The next piece begins in the last block.
        int full = _staged & -_block;
        Staging[full.._staged].CopyTo(Staging);
        _stagedAt += full;
        _staged -= full;
    }

    /// <summary>Makes everything written durable.</summary>
    public void Sync()
    {
        Drain();
        if (!_dirty)
            return;
        _file!.Sync();
        _dirty = false;
    }

    public void Dispose() => _file?.Dispose();

    private Span<byte> Staging => _staging.AsSpan(_start, _stagingBytes);

    private void Write(in DiskOperation operation)
    {
        Check.That(operation.Position == _stagedAt + _staged, "records stand one behind the other");
        if (operation.MarkFirst > 0)
        {
            Span<byte> mark = stackalloc byte[BatchMark.SizeBytes];
            Segment segment = operation.Segment!;
            BatchMark.Encode(mark, segment.Salt, segment.Header.Sequence, operation.MarkFirst, operation.Position);
            Put(mark);
        }
        Put(operation.Chunk!.Bytes.AsSpan(operation.Slice));
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _dirty = true;
        while (bytes.Length > 0)
        {
            int part = Math.Min(bytes.Length, _stagingBytes - _staged);
            bytes[..part].CopyTo(Staging[_staged..]);
            _staged += part;
            _isWritten = false;
            bytes = bytes[part..];
            if (_staged == _stagingBytes)
                Drain();
        }
    }

    private void Start(in DiskOperation operation)
    {
        // The older segment must be durable before a newer one stands behind it: recovery relies on it.
        Sync();
        IStorageFile? before = _file;
        Segment segment = operation.Segment!;
        _capacity = segment.Capacity;
        _file = _capacity % IStorage.UncachedBlockBytes == 0
            ? _storage.OpenUncached(SegmentHeader.SpareName)
            : _storage.Open(SegmentHeader.SpareName, writable: true);
        (_stagedAt, _staged) = (0, 0);
        Span<byte> block = stackalloc byte[SegmentHeader.BlockBytes];
        segment.Header.Encode(block);
        Put(block);
        Sync();
        string name = segment.Header.Name;
        _storage.Rename(SegmentHeader.SpareName, name);
        _storage.SyncDirectory();
        before?.Dispose();
        if (operation.Sealed is Segment last)
            Cut(last);
        foreach (string superseded in operation.Superseded!)
            _storage.Delete(superseded);
    }

    private void Cut(Segment last)
    {
        // Only gives room back; the zeros behind the end do no harm if it is lost.
        using IStorageFile file = _storage.Open(last.Header.Name, writable: true);
        if (file.Length > last.End)
            file.SetLength(last.End);
    }
}
