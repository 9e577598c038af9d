using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Reads the part of a log that its owner shows as a <see cref="LogExtent"/>, on any thread, while the owner goes on:
/// only the files are shared. Verifies every record, its place, and the chain within what it reads in one go. Not
/// itself safe for two threads; each makes its own.
/// </summary>
/// <remarks>
/// Keeps at most 16 files open and 8 places to go on from, so that as many streams can be read side by side, each in
/// blocks of 1 MiB and a buffer of twice that; a larger record makes one of the buffers larger. The first access behind
/// the begin of a segment reads the segment up to there; later ones begin at most 64 KiB before what they want. Every
/// call may throw <see cref="IOException"/> where the disk does not answer.
/// </remarks>
/// <param name="storage">The directory of the log; only read.</param>
public sealed class LogReader(IStorage storage) : IDisposable
{
    private const int FilesMax = 16;
    private const int CursorsMax = 8;

    private readonly List<SegmentFile> _files = [];
    private readonly List<RecordCursor> _cursors = [];
    private long _uses;

    /// <summary>Reads records as they stand in the log, contiguous, without the marks of batches.</summary>
    /// <param name="extent">What may be read.</param>
    /// <param name="from">First index; one of the extent's.</param>
    /// <param name="until">Index behind the last one wanted; at most the one behind the extent's last.</param>
    /// <param name="bytesMax">Limit; a single record may be longer. No call returns more than 1 MiB otherwise.</param>
    /// <param name="readUntil">Index behind the last record returned.</param>
    /// <returns>
    /// At least one record, valid until the next call of any method. Empty, with <paramref name="readUntil"/> equal to
    /// <paramref name="from"/>, when the file is gone: the owner no longer keeps it, and its newest extent says so.
    /// </returns>
    /// <exception cref="LogCorruptionException">A record, or a file, is not what was written.</exception>
    public ReadOnlySpan<byte> Read(
        LogExtent extent, LogIndex from, LogIndex until, int bytesMax, out LogIndex readUntil)
    {
        Check.That(
            from >= extent.First && until > from && until <= extent.Limit.Index.Next,
            "records are asked for that the extent does not name");
        readUntil = from;
        int number = Find(extent.Segments, from.Value);
        SegmentPlace place = extent.Segments[number];
        if (Cursor(place, from.Value, extent.ClusterId) is not RecordCursor cursor)
            return default;
        ulong end = number + 1 < extent.Segments.Count ? extent.Segments[number + 1].First : ulong.MaxValue;
        ReadOnlySpan<byte> records = cursor.Read(
            from.Value, Math.Min(until.Value, end), bytesMax, extent.Limit.Index.Value);
        readUntil = new LogIndex(cursor.Next);
        return records;
    }

    /// <summary>Header of a record.</summary>
    /// <param name="extent">What may be read.</param>
    /// <param name="index">
    /// Index, from the one before the extent's first on; of that one, index, term, chain and time alone are known.
    /// </param>
    /// <returns>Null when the file is gone: the owner no longer keeps it, and its newest extent says so.</returns>
    /// <exception cref="LogCorruptionException">A record, or a file, is not what was written.</exception>
    public RecordHeader? HeaderAt(LogExtent extent, LogIndex index)
    {
        if (index == extent.Limit.Index)
            return extent.Limit;
        if (index.Next == extent.First)
            return File(extent.Segments[0], extent.ClusterId)?.Header.Previous;
        ReadOnlySpan<byte> record = Read(extent, index, index.Next, RecordHeader.SizeBytes, out _);
        return record.IsEmpty ? null : RecordCodec.Header(record);
    }

    /// <summary>The words for a segment whose first record does not fit the one before it.</summary>
    internal LogCorruptionException Damage(LogExtent extent, LogIndex first, string what) => LogDamage.Read(
        storage, SegmentHeader.NameOf(extent.Segments[Find(extent.Segments, first.Value)].Sequence),
        SegmentHeader.BlockBytes, first, what);

    /// <summary>Closes all files.</summary>
    public void Dispose()
    {
        foreach (SegmentFile file in _files)
            file.Dispose();
        _files.Clear();
        _cursors.Clear();
    }

    /// <summary>The segment, by its number, in which an index counts.</summary>
    private static int Find(IReadOnlyList<SegmentPlace> segments, ulong index)
    {
        int low = 0, high = segments.Count - 1;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (segments[middle].First <= index)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private RecordCursor? Cursor(in SegmentPlace place, ulong from, Guid clusterId)
    {
        RecordCursor? oldest = null;
        foreach (RecordCursor cursor in _cursors)
        {
            if (cursor.Next == from && cursor.Segment?.Header.Sequence == place.Sequence)
                return Use(cursor);
            if (oldest is null || cursor.LastUse < oldest.LastUse)
                oldest = cursor;
        }
        if (File(place, clusterId) is not SegmentFile file)
            return null;
        if (oldest is null || (_cursors.Count < CursorsMax && oldest.Segment is not null))
            _cursors.Add(oldest = new RecordCursor());
        oldest.Begin(file, from);
        return Use(oldest);
    }

    private RecordCursor Use(RecordCursor cursor)
    {
        cursor.LastUse = ++_uses;
        cursor.Segment!.LastUse = _uses;
        return cursor;
    }

    private SegmentFile? File(in SegmentPlace place, Guid clusterId)
    {
        foreach (SegmentFile file in _files)
        {
            if (file.Header.Sequence == place.Sequence)
            {
                file.LastUse = ++_uses;
                return file;
            }
        }
        SegmentFile? opened = SegmentFile.TryOpen(storage, place, clusterId);
        if (opened is null)
            return null;
        if (_files.Count == FilesMax)
            CloseOldest();
        opened.LastUse = ++_uses;
        _files.Add(opened);
        return opened;
    }

    private void CloseOldest()
    {
        SegmentFile oldest = _files.MinBy(file => file.LastUse)!;
        foreach (RecordCursor cursor in _cursors)
        {
            if (cursor.Segment == oldest)
                cursor.Leave();
        }
        oldest.Dispose();
        _files.Remove(oldest);
    }
}
