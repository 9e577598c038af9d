namespace Chorus.Common.KeyValue;

/// <summary>
/// The slots as they are now: what has changed since the last checkpoint stands in memory, everything else in the file.
/// Used by the thread that applies; the file is written by checkpoints only.
/// </summary>
internal sealed class SlotOverlay(SlotFile file)
{
    private SlotChanges _changes = new();
    private SlotChanges? _frozen;

    /// <summary>Memory that the changes take which no checkpoint has taken over.</summary>
    public long Bytes => _changes.Bytes;

    /// <summary>Reads what a slot holds, verified where it comes from the file.</summary>
    /// <param name="key">The slot.</param>
    /// <param name="value">Its value; valid until the next call, or the next change of the slot.</param>
    public SlotHeader Read(long key, out ReadOnlySpan<byte> value)
    {
        if (_changes.TryGet(key, out SlotHeader header, out value)
            || (_frozen is not null && _frozen.TryGet(key, out header, out value)))
            return header;
        return file.Read(key, out value);
    }

    /// <summary>Reads the header of a slot.</summary>
    public SlotHeader ReadHeader(long key)
    {
        if (_changes.TryGet(key, out SlotHeader header, out _)
            || (_frozen is not null && _frozen.TryGet(key, out header, out _)))
            return header;
        return file.ReadHeader(key);
    }

    /// <summary>Changes a slot.</summary>
    public void Write(long key, in SlotHeader header, ReadOnlySpan<byte> value) => _changes.Set(key, header, value);

    /// <summary>Hands out what has changed, for a checkpoint; from now on it does not change.</summary>
    public SlotChanges Freeze()
    {
        (_frozen, _changes) = (_changes, new SlotChanges());
        return _frozen;
    }

    /// <summary>What was frozen stands in the file.</summary>
    public void Thaw() => _frozen = null;
}
