namespace Chorus.Common.Log;

/// <summary>
/// One segment file as the loop knows it: which indexes count in it, how far it is written, and where to begin
/// looking for one.
/// </summary>
internal sealed class Segment(SegmentHeader header, uint salt, long capacity) : IDisposable
{
    // One entry for this many bytes: a cold read skips at most that much.
    private const long PointDistanceBytes = 64 << 10;

    private readonly List<(ulong Index, long Position)> _points = [];
    private IStorageFile? _file;

    public SegmentHeader Header { get; } = header;

    /// <summary>Crc of the header block: salts the batch marks.</summary>
    public uint Salt { get; } = salt;

    /// <summary>Bytes of the file that may be written.</summary>
    public long Capacity { get; } = capacity;

    /// <summary>Position behind the last byte written or handed to the disk.</summary>
    public long End { get; set; } = SegmentHeader.BlockBytes;

    /// <summary>Index behind the last one that counts; a later segment may have superseded what follows.</summary>
    public ulong Until { get; set; } = header.First;

    /// <summary>Takes note of where a record, or the mark before it, stands.</summary>
    public void AddPoint(ulong index, long position)
    {
        if (_points.Count == 0 || position - _points[^1].Position >= PointDistanceBytes)
            _points.Add((index, position));
    }

    /// <summary>Whether <see cref="AddPoint"/> would add a point at a position.</summary>
    public bool WantsPoint(long position) =>
        _points.Count == 0 || position - _points[^1].Position >= PointDistanceBytes;

    /// <summary>Finds a position at or before a record, and the index that stands there.</summary>
    public (ulong Index, long Position) Locate(ulong index) => _points[Find(index)];

    /// <summary>About where a record stands, or the end for <see cref="Until"/>: between the points around
    /// it.</summary>
    public long PositionOf(ulong index)
    {
        if (_points.Count == 0)
            return SegmentHeader.BlockBytes;
        int found = Find(index);
        (ulong first, long start) = _points[found];
        (ulong until, long end) = found + 1 < _points.Count ? _points[found + 1] : (Until, End);
        return index >= until ? end : start + (long)((end - start) * ((index - first) / (double)(until - first)));
    }

    /// <summary>The file, opened for reading at the first call.</summary>
    public IStorageFile File(IStorage storage) => _file ??= storage.OpenCold(Header.Name);

    public void Dispose() => _file?.Dispose();

    private int Find(ulong index)
    {
        int low = 0, high = _points.Count - 1;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (_points[middle].Index <= index)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }
}
