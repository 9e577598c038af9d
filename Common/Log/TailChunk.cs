namespace Chorus.Common.Log;

/// <summary>
/// A stretch of memory with whole records back to back. The disk writes from it and replication reads from it, so
/// its bytes never change while <see cref="PendingWrites"/> counts work on them.
/// </summary>
internal sealed class TailChunk(int capacity)
{
    private int[] _starts = new int[64];

    /// <summary>The memory; pinned, so that writes need not pin it.</summary>
    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);

    /// <summary>Index of the first record.</summary>
    public ulong First { get; set; }

    /// <summary>Number of records.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes taken by them.</summary>
    public int Used { get; private set; }

    /// <summary>Disk operations, queued or under way, that read this memory.</summary>
    public int PendingWrites { get; set; }

    /// <summary>Takes no more records: the log was truncated inside it, or another chunk follows.</summary>
    public bool Sealed { get; set; }

    /// <summary>No longer part of the log; kept only for pending writes.</summary>
    public bool Detached { get; set; }

    /// <summary>Index behind the last record.</summary>
    public ulong Until => First + (ulong)Count;

    /// <summary>Where a record starts; for <see cref="Count"/> the end of the last one.</summary>
    public int StartOf(int position) => position == Count ? Used : _starts[position];

    /// <summary>Takes note of a record of that length, just written at <see cref="Used"/>.</summary>
    public void Add(int length)
    {
        if (Count == _starts.Length)
            Array.Resize(ref _starts, Count * 2);
        _starts[Count++] = Used;
        Used += length;
    }

    /// <summary>Drops records behind the first few. The bytes stay: the disk may be writing them.</summary>
    public void Cut(int count)
    {
        Used = StartOf(count);
        Count = count;
        Sealed = true;
    }

    /// <summary>Empties the chunk for another life.</summary>
    public void Reset()
    {
        First = 0;
        Count = Used = 0;
        Sealed = Detached = false;
    }

    /// <summary>How many records from a position on fit into a number of bytes; at least one.</summary>
    /// <param name="position">First record.</param>
    /// <param name="end">Position behind the last that may be taken.</param>
    /// <param name="bytesMax">Limit.</param>
    public int Fit(int position, int end, long bytesMax)
    {
        long limit = StartOf(position) + bytesMax;
        int low = position + 1, high = end;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (StartOf(middle) <= limit)
                low = middle;
            else
                high = middle - 1;
        }
        return low - position;
    }
}
