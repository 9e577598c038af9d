namespace Chorus.Raft;

/// <summary>
/// Every configuration that stands in the log. The last one is in force, committed or not; truncating its
/// entry puts the one before it back in force (trap 16). Below all stands a base, at index 0 the empty
/// configuration.
/// </summary>
/// <remarks>
/// Raft dissertation §4.1. Invariant: indexes rise strictly and none lies beyond the end of the log.
/// </remarks>
internal sealed class ConfigurationHistory
{
    private readonly List<ConfigurationEntry> _entries = [new(LogIndex.Zero, Configuration.Empty)];

    /// <summary>
    /// Takes over the configurations found in the recovered log, and that of the snapshot before it: whatever a log
    /// that was discarded said of members does not count (trap 10).
    /// </summary>
    public ConfigurationHistory(RecoveredState recovered)
    {
        bool isDropped = Mutants.SnapshotKeepsConfiguration && recovered.Log.Configurations.Count > 0;
        // One that stands in the log comes with it.
        if (recovered.Snapshot?.Configuration is { } older && older.Index > LogIndex.Zero
            && older.Index < recovered.Log.From && !isDropped)
            Append(older.Index, older.Configuration);
        foreach (ConfigurationEntry entry in recovered.Log.Configurations)
            Append(entry.Index, entry.Configuration);
    }

    /// <summary>The configuration in force and where it stands.</summary>
    public ConfigurationEntry Active => _entries[^1];

    /// <summary>Puts a configuration in force.</summary>
    public void Append(LogIndex index, Configuration configuration)
    {
        Check.That(
            index > Active.Index || Mutants.ConfigurationNotRolledBack,
            "configurations stand in the order of the log");
        _entries.Add(new ConfigurationEntry(index, configuration));
    }

    /// <summary>Puts those of a range in force that stand at <paramref name="from"/> or behind it.</summary>
    public void Append(EntryRange range, LogIndex from)
    {
        foreach (ConfigurationEntry entry in range.Configurations)
        {
            if (entry.Index >= from)
                Append(entry.Index, entry.Configuration);
        }
    }

    /// <summary>Forgets the configurations of truncated entries.</summary>
    /// <returns>Whether another configuration is in force now.</returns>
    public bool TruncateFrom(LogIndex from)
    {
        if (Mutants.ConfigurationNotRolledBack)
            return false;
        int before = _entries.Count;
        while (_entries[^1].Index >= from && _entries.Count > 1)
            _entries.RemoveAt(_entries.Count - 1);
        return _entries.Count < before;
    }

    /// <summary>The configuration that was in force at an index.</summary>
    public ConfigurationEntry At(LogIndex index) => _entries[PositionAt(index)];

    /// <summary>Forgets all configurations up to an index but the last of them.</summary>
    public void CutUpTo(LogIndex index) => _entries.RemoveRange(0, PositionAt(index));

    /// <summary>The configurations inside <c>[from, until)</c>, as a message carries them.</summary>
    public IReadOnlyList<ConfigurationEntry> Slice(LogIndex from, LogIndex until)
    {
        if (Active.Index < from || from == until)
            return [];
        List<ConfigurationEntry> slice = [];
        foreach (ConfigurationEntry entry in _entries)
        {
            if (entry.Index >= from && entry.Index < until && entry.Index > LogIndex.Zero)
                slice.Add(entry);
        }
        return slice;
    }

    private int PositionAt(LogIndex index)
    {
        int position = _entries.Count - 1;
        while (position > 0 && _entries[position].Index > index)
            position--;
        return position;
    }
}
