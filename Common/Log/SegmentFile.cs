using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>One segment as a reader knows it: open, its header checked, with places to begin looking from.</summary>
internal sealed class SegmentFile : IDisposable
{
    // Whoever begins anywhere skips at most this much, once the part before it has been read.
    private const long PointDistanceBytes = 64 << 10;
    private const int ScanBytes = 1 << 20;

    private readonly List<(ulong Index, long Position)> _points = [];
    private readonly IStorage _storage;
    private readonly uint _salt;

    private SegmentFile(IStorage storage, IStorageFile file, SegmentHeader header, uint salt)
    {
        _storage = storage;
        File = file;
        Header = header;
        _salt = salt;
        _points.Add((header.First, SegmentHeader.BlockBytes));
    }

    public IStorageFile File { get; }

    public SegmentHeader Header { get; }

    /// <summary>When it was last asked for.</summary>
    public long LastUse { get; set; }

    /// <summary>Opens a segment; null when the file is gone.</summary>
    /// <exception cref="LogCorruptionException">It is not the segment that its name says.</exception>
    public static SegmentFile? TryOpen(IStorage storage, in SegmentPlace place, Guid clusterId)
    {
        string name = SegmentHeader.NameOf(place.Sequence);
        IStorageFile file;
        try
        {
            file = storage.OpenCold(name);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        string? wrong = SegmentHeader.Read(file, out SegmentHeader header, out uint salt, out _);
        if (wrong is null && (header.Sequence != place.Sequence || header.First != place.First))
            wrong = $"it is segment {header.Sequence} from record {header.First} on, not segment {place.Sequence} "
                + $"from record {place.First} on";
        if (wrong is null && header.ClusterId != clusterId)
            wrong = $"it belongs to cluster {header.ClusterId}, not to {clusterId}";
        if (wrong is null)
            return new SegmentFile(storage, file, header, salt);
        file.Dispose();
        throw LogDamage.ReadFile(storage, name, wrong);
    }

    /// <summary>Whether a valid mark of a batch stands at a position.</summary>
    public bool IsMark(ReadOnlySpan<byte> bytes, long position, ulong first) =>
        BatchMark.TryDecode(bytes, _salt, Header.Sequence, position, out ulong named) && named == first;

    /// <summary>
    /// Whether a valid mark of a batch behind a record stands anywhere behind a position: then what stands at the
    /// position was durable.
    /// </summary>
    public bool HasMarkBehind(long position, ulong index, out ulong first)
    {
        var cursor = new FileCursor(ScanBytes);
        cursor.Begin(File, position, File.Length);
        return BatchMark.Find(cursor, _salt, Header.Sequence, index, out first);
    }

    /// <summary>Takes note of where a record stands, unless a place close by is known.</summary>
    public void AddPoint(ulong index, long position)
    {
        if (position - _points[^1].Position >= PointDistanceBytes)
            _points.Add((index, position));
    }

    /// <summary>The nearest known place at or before a record, and the index that stands there.</summary>
    public (ulong Index, long Position) Locate(ulong index)
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
        return _points[low];
    }

    /// <summary>The words for a damaged record.</summary>
    public LogCorruptionException Damage(long position, ulong index, string what) =>
        LogDamage.Read(_storage, Header.Name, position, new LogIndex(index), what);

    /// <summary>The words for a record of a newer version.</summary>
    public NodeDirectoryException Newer(long position, ulong index, string what) =>
        NewerVersion.Record(_storage, Header.Name, position, new LogIndex(index), what);

    public void Dispose() => File.Dispose();
}
