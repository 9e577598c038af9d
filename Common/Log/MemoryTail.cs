using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// The newest records in memory, <c>[First, Next)</c>, in chunks. What is not durable is always here; older records
/// stay while there is room and are read from the disk afterwards.
/// </summary>
internal sealed class MemoryTail
{
    private readonly List<TailChunk> _chunks = [];
    private readonly Stack<TailChunk> _free = new();
    private readonly int _chunkBytes;
    private readonly long _cacheBytes;
    private long _allocated;

    public MemoryTail(LogOptions options, LogIndex next)
    {
        _chunkBytes = options.ChunkBytes;
        _cacheBytes = options.CacheBytes;
        Next = next.Value;
    }

    /// <summary>Index behind the last record.</summary>
    public ulong Next { get; private set; }

    /// <summary>First index in memory; <see cref="Next"/> when there is none.</summary>
    public ulong First => _chunks.Count > 0 ? _chunks[0].First : Next;

    /// <summary>The chunk with room for a record of that length.</summary>
    public TailChunk Allocate(int length)
    {
        TailChunk? last = _chunks.Count > 0 ? _chunks[^1] : null;
        if (last is { Sealed: false } && last.Bytes.Length - last.Used >= length)
            return last;
        if (last is not null)
        {
            last.Sealed = true;
            if (last.Count == 0)
                RemoveAt(_chunks.Count - 1);
        }
        Evict();
        TailChunk chunk = length <= _chunkBytes && _free.TryPop(out TailChunk? free)
            ? free
            : New(Math.Max(length, _chunkBytes));
        chunk.First = Next;
        _chunks.Add(chunk);
        return chunk;
    }

    /// <summary>A record of that length has been written into the chunk that was allocated.</summary>
    public void Added(TailChunk chunk, int length)
    {
        chunk.Add(length);
        Next++;
    }

    /// <summary>Finds the chunk of an index in <c>[First, Next)</c>.</summary>
    public TailChunk Find(ulong index)
    {
        int low = 0, high = _chunks.Count - 1;
        if (index >= _chunks[high].First)
            return _chunks[high];
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (_chunks[middle].First <= index)
                low = middle;
            else
                high = middle - 1;
        }
        return _chunks[low];
    }

    /// <summary>Bytes of the records <c>[from, until)</c>, all of them in memory.</summary>
    public long BytesBetween(ulong from, ulong until)
    {
        long bytes = 0;
        while (from < until)
        {
            TailChunk chunk = Find(from);
            ulong end = Math.Min(until, chunk.Until);
            bytes += chunk.StartOf((int)(end - chunk.First)) - chunk.StartOf((int)(from - chunk.First));
            from = end;
        }
        return bytes;
    }

    /// <summary>Drops everything from an index on.</summary>
    public void Truncate(ulong from)
    {
        while (_chunks.Count > 0 && _chunks[^1].First >= from)
            RemoveAt(_chunks.Count - 1);
        if (_chunks.Count > 0 && _chunks[^1].Until > from)
            _chunks[^1].Cut((int)(from - _chunks[^1].First));
        Next = from;
    }

    /// <summary>A disk operation has ended; recycles memory that nobody needs any more.</summary>
    public void Release(TailChunk chunk)
    {
        chunk.PendingWrites--;
        if (chunk is { Detached: true, PendingWrites: 0 })
            Recycle(chunk);
    }

    /// <summary>Lets go of the oldest durable chunks while there are too many.</summary>
    public void Evict()
    {
        while (_allocated + _chunkBytes > _cacheBytes && _free.Count == 0 && _chunks.Count > 1
            && _chunks[0].PendingWrites == 0)
            RemoveAt(0);
    }

    private TailChunk New(int capacity)
    {
        _allocated += capacity;
        return new TailChunk(capacity);
    }

    private void RemoveAt(int position)
    {
        TailChunk chunk = _chunks[position];
        _chunks.RemoveAt(position);
        chunk.Detached = true;
        if (chunk.PendingWrites == 0)
            Recycle(chunk);
    }

    private void Recycle(TailChunk chunk)
    {
        if (chunk.Bytes.Length == _chunkBytes && _allocated <= _cacheBytes)
        {
            chunk.Reset();
            _free.Push(chunk);
            return;
        }
        _allocated -= chunk.Bytes.Length;
    }
}
