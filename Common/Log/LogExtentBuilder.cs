using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Makes the extents that the owner of a log shows to other threads: the places of the segments are written down
/// anew only when the catalog has changed or the limit has entered another segment.
/// </summary>
/// <remarks>
/// A segment that was planned but is not renamed yet holds nothing durable, and one that a truncation takes away held
/// nothing committed: neither begins at or before the limit, so neither is ever named.
/// </remarks>
internal sealed class LogExtentBuilder(SegmentCatalog catalog)
{
    private LogExtent? _extent;
    private ulong _nextFirst;
    private long _version = -1;

    /// <summary>The extent that ends with an index; the same object while nothing has changed.</summary>
    /// <param name="last">Last index that is committed and durable.</param>
    /// <param name="log">Gives the header of that index.</param>
    public LogExtent Get(LogIndex last, RecordLog log)
    {
        if (_extent is { } extent && _version == catalog.Version && extent.Limit.Index == last)
            return extent;
        IReadOnlyList<Segment> segments = catalog.Segments;
        RecordHeader before = log.Base;
        RecordHeader limit = last > before.Index ? log.HeaderAt(last) : before;
        IReadOnlyList<SegmentPlace> places = _version == catalog.Version && last.Value < _nextFirst
            && limit.Index >= _extent!.Limit.Index
                ? _extent.Segments
                : Places(segments, limit.Index.Value);
        _version = catalog.Version;
        return _extent = new LogExtent(catalog.ClusterId, before.Index.Next, limit, places);
    }

    private SegmentPlace[] Places(IReadOnlyList<Segment> segments, ulong limit)
    {
        int count = segments.Count;
        _nextFirst = ulong.MaxValue;
        while (count > 0 && segments[count - 1].Header.First > limit)
            _nextFirst = segments[--count].Header.First;
        var places = new SegmentPlace[count];
        for (int i = 0; i < count; i++)
            places[i] = new SegmentPlace(segments[i].Header.Sequence, segments[i].Header.First);
        return places;
    }
}
