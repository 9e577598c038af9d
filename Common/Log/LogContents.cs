using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>The records of a log, wherever they are: the newest in memory, all others in the segments.</summary>
internal sealed class LogContents(MemoryTail tail, ColdReader cold, SegmentCatalog catalog)
{
    /// <inheritdoc cref="ILogSizes.Fit"/>
    public LogIndex Fit(LogIndex from, LogIndex until, long bytesMax, out long bytes)
    {
        if (from.Value >= tail.First)
        {
            TailChunk chunk = tail.Find(from.Value);
            int position = (int)(from.Value - chunk.First);
            int end = (int)(Math.Min(until.Value, chunk.Until) - chunk.First);
            int count = chunk.Fit(position, end, bytesMax);
            bytes = chunk.StartOf(position + count) - chunk.StartOf(position);
            return from + (ulong)count;
        }
        ColdBlock block = cold.Get(from.Value, tail.First);
        ulong reached = block.Fit(from.Value, Math.Min(until.Value, block.Until), bytesMax);
        bytes = block.StartOf(reached) - block.StartOf(from.Value);
        return new LogIndex(reached);
    }

    /// <summary>Reads records; valid until anything else is asked of the log.</summary>
    public ReadOnlySpan<byte> Read(LogIndex from, LogIndex until, out LogIndex readUntil)
    {
        if (from.Value >= tail.First)
        {
            TailChunk chunk = tail.Find(from.Value);
            readUntil = LogIndex.Min(until, new LogIndex(chunk.Until));
            int start = chunk.StartOf((int)(from.Value - chunk.First));
            return chunk.Bytes.AsSpan(start..chunk.StartOf((int)(readUntil.Value - chunk.First)));
        }
        ColdBlock block = cold.Get(from.Value, until.Value, tail.First);
        readUntil = LogIndex.Min(until, new LogIndex(block.Until));
        return block.Slice(from.Value, readUntil.Value);
    }

    /// <summary>Bytes of the records <c>[from, until)</c>; exact in memory, otherwise to about 64 KiB.</summary>
    public long BytesBetween(ulong from, ulong until)
    {
        ulong end = Math.Min(until, tail.Next), memory = tail.First;
        return from >= end
            ? 0
            : catalog.BytesBetween(from, Math.Min(end, memory)) + tail.BytesBetween(Math.Max(from, memory), end);
    }

    /// <summary>
    /// Time of the last record at or before an index, as the headers of the segments say it: of the one before its
    /// segment.
    /// </summary>
    public long? TimeOnDisk(LogIndex index) =>
        catalog.Segments.Count > 0 ? catalog.Find(index.Value + 1).Header.PreviousTimeMicros : null;
}
