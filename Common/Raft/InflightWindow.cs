namespace Chorus.Raft;

/// <summary>
/// Messages with entries that are on their way to one peer: what each ends with and how large it is.
/// </summary>
/// <remarks>
/// A ring that grows to the largest number of messages ever outstanding; the window bounds that number.
/// </remarks>
internal sealed class InflightWindow
{
    private (LogIndex Last, long Bytes)[] _ring = new (LogIndex, long)[16];
    private int _head;
    private int _count;

    /// <summary>Bytes of entries on their way.</summary>
    public long Bytes { get; private set; }

    /// <summary>Messages on their way.</summary>
    public int Count => _count;

    /// <summary>Notes a message that has been sent.</summary>
    public void Add(LogIndex last, long bytes)
    {
        if (_count == _ring.Length)
            Grow();
        _ring[(_head + _count) & (_ring.Length - 1)] = (last, bytes);
        _count++;
        Bytes += bytes;
    }

    /// <summary>Forgets the messages whose entries are all acknowledged.</summary>
    public void Acknowledge(LogIndex match)
    {
        while (_count > 0 && _ring[_head].Last <= match)
        {
            Bytes -= _ring[_head].Bytes;
            _head = (_head + 1) & (_ring.Length - 1);
            _count--;
        }
    }

    /// <summary>Forgets all messages.</summary>
    public void Clear()
    {
        _head = 0;
        _count = 0;
        Bytes = 0;
    }

    private void Grow()
    {
        var larger = new (LogIndex, long)[_ring.Length * 2];
        for (int i = 0; i < _count; i++)
            larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        _ring = larger;
        _head = 0;
    }
}
