namespace Chorus.Common.Log;

/// <summary>The segments that make up the log, by rising first index, each ending where the next begins.</summary>
internal sealed class SegmentCatalog(IStorage storage, Guid clusterId) : IDisposable
{
    private readonly List<Segment> _segments = [];
    private readonly List<string> _superseded = [];

    public IStorage Storage { get; } = storage;

    public Guid ClusterId { get; } = clusterId;

    public IReadOnlyList<Segment> Segments => _segments;

    /// <summary>Sequence number of the next segment.</summary>
    public ulong NextSequence { get; set; } = 1;

    /// <summary>Files that a segment still to come will supersede whole.</summary>
    public List<string> Superseded => _superseded;

    /// <summary>Changes whenever <see cref="Segments"/> does.</summary>
    public long Version { get; private set; }

    public void Add(Segment segment)
    {
        Version++;
        _segments.Add(segment);
        NextSequence = Math.Max(NextSequence, segment.Header.Sequence + 1);
    }

    /// <summary>Takes indexes from one on out of the segments; whoever becomes empty will be removed.</summary>
    public void Truncate(ulong from)
    {
        Version++;
        while (_segments.Count > 0 && _segments[^1].Header.First >= from)
        {
            _superseded.Add(_segments[^1].Header.Name);
            _segments[^1].Dispose();
            _segments.RemoveAt(_segments.Count - 1);
        }
        if (_segments.Count > 0)
            _segments[^1].Until = Math.Min(_segments[^1].Until, from);
    }

    /// <summary>
    /// Takes those segments out, the oldest first, that lie entirely before an index. The last one always stays.
    /// </summary>
    /// <returns>Names of their files, in order.</returns>
    public IReadOnlyList<string> CutBefore(ulong index)
    {
        int count = 0;
        while (count + 1 < _segments.Count && _segments[count + 1].Header.First <= index)
            count++;
        if (count == 0)
            return [];
        string[] names = [.. _segments.Take(count).Select(segment => segment.Header.Name)];
        for (int i = 0; i < count; i++)
            _segments[i].Dispose();
        _segments.RemoveRange(0, count);
        Version++;
        return names;
    }

    /// <summary>Takes all segments out.</summary>
    /// <returns>Names of their files, the newest first.</returns>
    public IReadOnlyList<string> TakeAll()
    {
        string[] names = [.. _segments.Select(segment => segment.Header.Name).Reverse()];
        foreach (Segment segment in _segments)
            segment.Dispose();
        _segments.Clear();
        Version++;
        return names;
    }

    /// <summary>First index of the newest segments that hold a number of bytes together; of all, if they do not.
    /// </summary>
    public ulong FirstOfLast(long bytes)
    {
        int first = _segments.Count - 1;
        for (; first > 0 && bytes > _segments[first].End; first--)
            bytes -= _segments[first].End;
        return first < 0 ? 0 : _segments[first].Header.First;
    }

    /// <summary>First index of the segment before the first one that begins later than a time.</summary>
    public ulong FirstSince(long timeMicros, ulong first)
    {
        foreach (Segment segment in _segments)
        {
            if (segment.Header.PreviousTimeMicros >= timeMicros)
                break;
            first = segment.Header.First;
        }
        return first;
    }

    /// <summary>Finds the segment of an index that is on disk.</summary>
    public Segment Find(ulong index)
    {
        int low = 0, high = _segments.Count - 1;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (_segments[middle].Header.First <= index)
                low = middle;
            else
                high = middle - 1;
        }
        return _segments[low];
    }

    /// <summary>Bytes that records take in the files, marks included; off by 64 KiB or so at either end.</summary>
    /// <param name="from">First index.</param>
    /// <param name="until">Index behind the last one.</param>
    public long BytesBetween(ulong from, ulong until)
    {
        long bytes = 0;
        while (from < until && _segments.Count > 0)
        {
            Segment segment = Find(from);
            from = Math.Max(from, segment.Header.First);
            ulong end = Math.Min(until, segment.Until);
            if (end <= from)
                break;
            bytes += segment.PositionOf(end) - segment.PositionOf(from);
            from = end;
        }
        return bytes;
    }

    public void Dispose()
    {
        foreach (Segment segment in _segments)
            segment.Dispose();
    }
}
