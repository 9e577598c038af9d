namespace Chorus.Common.Toml;

/// <summary>Keys and values, in the order of the file.</summary>
public sealed class TomlTable
{
    private readonly List<TomlEntry> _entries = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    internal TomlTable(TomlPosition position, TomlTableOrigin origin, int section)
    {
        Position = position;
        Origin = origin;
        Section = section;
    }

    /// <summary>Where it is first mentioned.</summary>
    public TomlPosition Position { get; internal set; }

    /// <summary>Its entries, in the order of the file.</summary>
    public IReadOnlyList<TomlEntry> Entries => _entries;

    internal TomlTableOrigin Origin { get; set; }

    /// <summary>Under which header dotted keys made it: only there may they add to it.</summary>
    internal int Section { get; set; }

    /// <summary>Finds an entry.</summary>
    public bool TryGet(string key, out TomlEntry entry)
    {
        bool found = _places.TryGetValue(key, out int place);
        entry = found ? _entries[place] : default;
        return found;
    }

    internal TomlEntry Add(string key, TomlPosition position, TomlValue value)
    {
        var entry = new TomlEntry(key, position, value);
        _places.Add(key, _entries.Count);
        _entries.Add(entry);
        return entry;
    }
}
