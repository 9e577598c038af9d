namespace Chorus.Common.Log;

/// <summary>Records read back from the disk, without the marks between them.</summary>
internal sealed class ColdBlock(int bytes)
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(bytes);
    private readonly List<int> _starts = [];

    /// <summary>First index.</summary>
    public ulong First { get; private set; }

    /// <summary>Index behind the last one.</summary>
    public ulong Until => First + (ulong)_starts.Count;

    /// <summary>Bytes of all records.</summary>
    public int Used { get; private set; }

    /// <summary>When it was last asked for.</summary>
    public long LastUse { get; set; }

    public bool Contains(ulong index) => index >= First && index < Until;

    public void Begin(ulong first)
    {
        First = first;
        Used = 0;
        _starts.Clear();
    }

    /// <summary>Takes a record, unless the block is full. The first one always fits.</summary>
    public bool TryAdd(ReadOnlySpan<byte> record)
    {
        if (_starts.Count > 0 && Used + record.Length > bytes)
            return false;
        if (record.Length > _bytes.Length)
            _bytes = GC.AllocateUninitializedArray<byte>(record.Length);
        record.CopyTo(_bytes.AsSpan(Used));
        _starts.Add(Used);
        Used += record.Length;
        return true;
    }

    public int StartOf(ulong index) => index == Until ? Used : _starts[(int)(index - First)];

    public ReadOnlySpan<byte> Slice(ulong from, ulong until) =>
        _bytes.AsSpan(StartOf(from)..StartOf(until));

    /// <summary>Index behind the last of the records that fit into a number of bytes; at least one.</summary>
    public ulong Fit(ulong from, ulong until, long bytesMax)
    {
        long limit = StartOf(from) + bytesMax;
        ulong low = from + 1, high = until;
        while (low < high)
        {
            ulong middle = low + (high - low + 1) / 2;
            if (StartOf(middle) <= limit)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }
}
