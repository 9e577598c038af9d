namespace Chorus.Raft;

/// <summary>
/// Reads through the log: each waits until an entry that was appended after it is committed. One entry serves all that
/// are asked together.
/// </summary>
internal sealed class BarrierReads
{
    private readonly Queue<(LogIndex Entry, ulong Ticket)> _entries = new();
    private ulong _given;
    private ulong _assigned;

    /// <summary>Whether reads wait that no entry in the log could serve.</summary>
    public bool NeedsEntry => _given > _assigned;

    /// <summary>Takes in a read.</summary>
    public ulong Register() => ++_given;

    /// <summary>An entry is appended: it serves all reads taken in so far.</summary>
    public void EntryAdded(LogIndex entry)
    {
        _assigned = _given;
        _entries.Enqueue((entry, _assigned));
    }

    /// <summary>
    /// Grants the reads whose entry is committed. It is of the leader's own term, so it is still there.
    /// </summary>
    public bool TryGrant(LogIndex commit, out ReadGrant grant)
    {
        grant = default;
        bool any = false;
        while (_entries.TryPeek(out var head) && head.Entry <= commit)
        {
            grant = new ReadGrant(ReadKind.Log, head.Ticket, head.Entry);
            any = true;
            _entries.Dequeue();
        }
        return any;
    }

    /// <summary>Drops all that wait.</summary>
    /// <returns>Whether any did.</returns>
    public bool Drop()
    {
        bool any = _entries.Count > 0 || NeedsEntry;
        _entries.Clear();
        _assigned = _given;
        return any;
    }
}
