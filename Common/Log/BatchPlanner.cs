namespace Chorus.Common.Log;

/// <summary>
/// Turns what is queued into disk operations: decides which bytes go where, when a segment ends and what supersedes
/// what. Runs on the loop's thread, so the loop always knows where a record stands and how much room is left.
/// </summary>
internal sealed class BatchPlanner(SegmentCatalog catalog, SegmentPreparer preparer)
{
    // Limits how long one batch keeps the disk; what is left goes with the next one.
    private const long BatchBytesMax = 8 << 20;

    private Segment? _active;
    private Segment? _before;
    private bool _marked;

    /// <summary>Last record handed to the disk so far.</summary>
    public RecordHeader Last { get; set; }

    /// <summary>Hard states handed to the disk so far.</summary>
    public long HardStates { get; private set; }

    /// <summary>Bytes that can be written without another file.</summary>
    public long RoomBytes => (_active is null ? 0 : _active.Capacity - _active.End)
        + Math.Max(0, preparer.ReadyBytes - SegmentHeader.BlockBytes);

    /// <summary>Whether the last plan ended because the next file is not ready.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>The segment that recovery ended in: sealed, the next append begins another one.</summary>
    public void ContinueBehind(Segment? last, RecordHeader header)
    {
        _before = last;
        Last = header;
    }

    /// <summary>Moves as much as possible from the queue into a batch.</summary>
    public void Plan(PendingQueue queue, DiskBatch batch, MemoryTail tail)
    {
        IsBlocked = false;
        _marked = false;
        while (batch.Bytes < BatchBytesMax && queue.Count > 0 && !IsBlocked)
        {
            ref PendingOperation operation = ref queue.Peek();
            switch (operation.Kind)
            {
                case PendingKind.HardState:
                    batch.Operations.Add(DiskOperation.Save(operation.State));
                    HardStates++;
                    queue.Remove();
                    break;
                case PendingKind.Truncate:
                    Truncate(operation.Kept);
                    queue.Remove();
                    break;
                default:
                    Append(queue, batch, tail);
                    break;
            }
        }
        if (batch.Bytes > 0)
            preparer.Note(batch.Bytes);
        batch.Last = Last;
        batch.HardStates = HardStates;
    }

    private void Truncate(RecordHeader kept)
    {
        if (Last.Index <= kept.Index)
            return;
        Segment? current = _active ?? _before;
        catalog.Truncate(kept.Index.Value + 1);
        Last = kept;
        _active = null;
        _before = current is not null && current.Header.First > kept.Index.Value ? null : current;
    }

    /// <summary>Plans records of one run: as many as the segment takes.</summary>
    private void Append(PendingQueue queue, DiskBatch batch, MemoryTail tail)
    {
        ref PendingOperation operation = ref queue.Peek();
        TailChunk chunk = operation.Chunk!;
        ReadOnlySpan<byte> records = chunk.Bytes.AsSpan(operation.Start, operation.Length);
        int mark = _marked ? 0 : BatchMark.SizeBytes;
        if (_active is null || _active.Capacity - _active.End < BatchMark.SizeBytes + RecordCodec.Length(records))
        {
            IsBlocked = !StartSegment(batch);
            return;
        }
        int length = Fit(records, _active.Capacity - _active.End - mark, out int lastStart);
        bool isWhole = length == records.Length;
        RecordHeader last = RecordCodec.Header(
            isWhole ? chunk.Bytes.AsSpan(operation.LastStart) : records[lastStart..]);
        Place(chunk, operation.Start, operation.Start + length, batch);
        Last = last;
        _active.Until = last.Index.Value + 1;
        if (!isWhole)
        {
            queue.Shorten(length);
            return;
        }
        queue.Remove();
        tail.Release(chunk);
    }

    private void Place(TailChunk chunk, int start, int stop, DiskBatch batch)
    {
        Segment segment = _active!;
        ulong first = Last.Index.Value + 1;
        long position = segment.End;
        batch.Operations.Add(
            DiskOperation.Write(segment, chunk, start..stop, position, _marked ? 0 : first));
        chunk.PendingWrites++;
        segment.AddPoint(first, position);
        segment.End += (_marked ? 0 : BatchMark.SizeBytes) + (stop - start);
        AddPoints(segment, chunk.Bytes.AsSpan(start, stop - start), first, segment.End - (stop - start));
        batch.Bytes += stop - start;
        _marked = true;
    }

    private static void AddPoints(Segment segment, ReadOnlySpan<byte> bytes, ulong index, long position)
    {
        if (!segment.WantsPoint(position + bytes.Length))
            return;
        while (bytes.Length > 0)
        {
            segment.AddPoint(index++, position);
            int length = (int)RecordCodec.Length(bytes);
            position += length;
            bytes = bytes[length..];
        }
    }

    /// <summary>Bytes of the whole records that fit; everything, without a look, when there is room for it.</summary>
    private static int Fit(ReadOnlySpan<byte> records, long room, out int lastStart)
    {
        lastStart = 0;
        if (records.Length <= room)
            return records.Length;
        int end = 0;
        while (end + RecordCodec.Length(records[end..]) <= room)
        {
            lastStart = end;
            end += (int)RecordCodec.Length(records[end..]);
        }
        return end;
    }

    private bool StartSegment(DiskBatch batch)
    {
        if (!preparer.TryTake(out long capacity))
            return false;
        var header = new SegmentHeader(
            catalog.ClusterId, catalog.NextSequence, Last.Index.Value + 1, Last.Chain, Last.Term.Value,
            Last.TimeMicros);
        Segment? sealedSegment = _active ?? _before;
        if (sealedSegment is not null && sealedSegment.Header.First >= header.First)
        {
            // Recovery found a segment without a record.
            catalog.Truncate(header.First);
            sealedSegment = null;
        }
        Span<byte> block = stackalloc byte[SegmentHeader.BlockBytes];
        var segment = new Segment(header, header.Encode(block), capacity);
        string[] superseded = [.. catalog.Superseded];
        catalog.Superseded.Clear();
        catalog.Add(segment);
        batch.Operations.Add(DiskOperation.Start(segment, sealedSegment, superseded));
        _active = segment;
        _before = null;
        _marked = false;
        return true;
    }
}
