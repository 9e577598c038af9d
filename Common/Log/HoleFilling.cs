using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Fills one hole: takes records one after the other, and puts a whole segment in the place of the damaged one when
/// they are found to be the ones that stood there. Until then nothing of the log has changed.
/// </summary>
/// <remarks>Used by one thread; writes to the disk. Every call may throw <see cref="IOException"/>.</remarks>
public sealed class HoleFilling : IDisposable
{
    private readonly IStorage _storage;
    private readonly LogHole _hole;
    private readonly SegmentCopy _copy;

    internal HoleFilling(IStorage storage, LogHole hole, bool fromSegment)
    {
        (_storage, _hole) = (storage, hole);
        Last = fromSegment ? hole.Segment.Previous : hole.Before;
        _copy = new SegmentCopy(storage, hole.Segment, SegmentSalvage.RepairName);
        try
        {
            if (Last.Index.Value >= hole.Segment.First)
                _copy.CopyUntil(Last.Index.Next);
        }
        catch
        {
            _copy.Dispose();
            throw;
        }
    }

    /// <summary>The record that the next one must continue.</summary>
    public RecordHeader Last { get; private set; }

    /// <summary>Whether everything that is missing has been taken.</summary>
    public bool IsComplete => Last.Index.Next >= _hole.Until;

    /// <summary>Takes records.</summary>
    /// <param name="records">Whole records that continue <see cref="Last"/>, verified, none beyond the hole.</param>
    public void Add(ReadOnlySpan<byte> records)
    {
        var reader = new RecordReader(records, Last.Index.Next, verify: false);
        while (reader.Read())
        {
            Check.That(reader.Header.Index < _hole.Until, "nothing is taken that is there");
            _copy.Add(reader.Record);
            Last = reader.Header;
        }
        Check.That(reader.Error is null, "records are taken that were verified");
    }

    /// <summary>
    /// Whether what stands behind the hole continues what was taken: then these are the records that were there, and
    /// when the call returns, the segment is whole and durable. Otherwise nothing has changed.
    /// </summary>
    public bool TryFinish()
    {
        Check.That(IsComplete, "a hole is filled to its end");
        if (!Joins())
            return false;
        if (_hole.ResumesAt > 0)
            _copy.CopyFrom(_hole.ResumesAt);
        _copy.Sync();
        _copy.Dispose();
        _storage.Rename(SegmentSalvage.RepairName, _hole.Segment.Name);
        _storage.SyncDirectory();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _copy.Dispose();

    private bool Joins()
    {
        if (_hole.LastMissing is { } last)
            return last.Chain == Last.Chain && last.Term == Last.Term && last.TimeMicros == Last.TimeMicros;
        using IStorageFile old = _storage.Open(_hole.Segment.Name, writable: false);
        var cursor = new FileCursor(64 << 10);
        cursor.Begin(old, _hole.ResumesAt + BatchMark.SizeBytes, old.Length);
        int length = (int)RecordCodec.Length(cursor.Peek(RecordHeader.SizeBytes));
        ReadOnlySpan<byte> record = cursor.Peek(length)[..length];
        return RecordCheck.Continues(record, Last) is null;
    }
}
