namespace Chorus.Common.Toml;

/// <summary>
/// Takes values out of a table, strictly: every value must have the expected type, and a key that nobody
/// asked for is an error. Ask for all keys that may stand there, then call <see cref="Finish"/>.
/// </summary>
public sealed class TomlSection
{
    private readonly string _file;
    private readonly TomlTable _table;
    private readonly string _path;
    private readonly List<string> _known = [];
    private readonly List<TomlSection> _children = [];

    private TomlSection(string file, TomlTable table, string path)
    {
        _file = file;
        _table = table;
        _path = path;
    }

    /// <summary>Starts at the top of a document.</summary>
    public TomlSection(TomlDocument document)
        : this(document.File, document.Root, "")
    {
    }

    /// <summary>Where the table is first mentioned.</summary>
    public TomlPosition Position => _table.Position;

    /// <summary>Whether a key stands there; does not count as asking for it.</summary>
    public bool Has(string key) => _table.TryGet(key, out _);

    /// <summary>A text, or null when the key is absent.</summary>
    public string? String(string key) => Take(key, TomlKind.String)?.AsString;

    /// <summary>True or false, or null when the key is absent.</summary>
    public bool? Boolean(string key) => Take(key, TomlKind.Boolean)?.AsBoolean;

    /// <summary>A whole number within limits, or null when the key is absent.</summary>
    public long? Integer(string key, long min = long.MinValue, long max = long.MaxValue)
    {
        if (Take(key, TomlKind.Integer) is not { } value)
            return null;
        return value.AsInteger >= min && value.AsInteger <= max
            ? value.AsInteger
            : throw Fail(value.Position, $"{Name(key)} is {value.AsInteger}, not within {min} to {max}");
    }

    /// <summary>A number, whole or not, within limits, or null when the key is absent.</summary>
    public double? Number(string key, double min = double.NegativeInfinity, double max = double.PositiveInfinity)
    {
        if (Take(key, TomlKind.Float) is not { } value)
            return null;
        return value.AsFloat >= min && value.AsFloat <= max
            ? value.AsFloat
            : throw Fail(value.Position, FormattableString.Invariant(
                $"{Name(key)} is {value.AsFloat}, not within {min} to {max}"));
    }

    /// <summary>An array of texts, or null when the key is absent.</summary>
    public IReadOnlyList<string>? Strings(string key)
    {
        if (Take(key, TomlKind.Array) is not { } array)
            return null;
        foreach (TomlValue element in array.AsArray)
        {
            if (element.Kind != TomlKind.String)
                throw WrongKind($"an element of {Name(key)}", TomlKind.String, element);
        }
        return [.. array.AsArray.Select(element => element.AsString)];
    }

    /// <summary>A table below this one, or null when the key is absent.</summary>
    public TomlSection? Section(string key)
    {
        if (Take(key, TomlKind.Table) is not { } table)
            return null;
        var child = new TomlSection(_file, table.AsTable, Below(key));
        _children.Add(child);
        return child;
    }

    /// <summary>An array of tables (<c>[[key]]</c>) below this one; empty when the key is absent.</summary>
    public IReadOnlyList<TomlSection> Sections(string key)
    {
        var sections = new List<TomlSection>();
        foreach (TomlValue element in Take(key, TomlKind.Array)?.AsArray ?? [])
        {
            if (element.Kind != TomlKind.Table)
                throw WrongKind($"an element of {Name(key)}", TomlKind.Table, element);
            sections.Add(new TomlSection(_file, element.AsTable, Below(key)));
        }
        _children.AddRange(sections);
        return sections;
    }

    /// <summary>A value of any kind, or null when the key is absent.</summary>
    public TomlValue? Any(string key)
    {
        _known.Add(key);
        return _table.TryGet(key, out TomlEntry entry) ? entry.Value : null;
    }

    /// <summary>Where a key stands; the section's own place when it is absent.</summary>
    public TomlPosition PositionOf(string key) =>
        _table.TryGet(key, out TomlEntry entry) ? entry.Position : _table.Position;

    /// <summary>An error at a key whose value has the right type and yet makes no sense.</summary>
    public TomlException Fail(string key, string problem) => Fail(
        _table.TryGet(key, out TomlEntry entry) ? entry.Value.Position : _table.Position, problem);

    /// <summary>An error at a place in this file.</summary>
    public TomlException Fail(TomlPosition position, string problem) => new(_file, position, problem);

    /// <summary>
    /// Checks that nothing stands here, or in the sections taken from here, that nobody asked for.
    /// </summary>
    /// <exception cref="TomlException">An unknown key; names the nearest known one.</exception>
    public void Finish()
    {
        foreach (TomlEntry entry in _table.Entries)
        {
            if (_known.Contains(entry.Key))
                continue;
            string problem = $"unknown key '{entry.Key}'{(_path.Length == 0 ? "" : $" in [{_path}]")}";
            throw Fail(entry.Position, NearestName.Find(entry.Key, _known) is { } nearest
                ? $"{problem}; did you mean '{nearest}'?"
                : $"{problem}; known are {string.Join(", ", _known.Distinct())}");
        }
        foreach (TomlSection child in _children)
            child.Finish();
    }

    private TomlValue? Take(string key, TomlKind kind)
    {
        TomlValue? value = Any(key);
        bool fits = value is null || value.Kind == kind || (kind == TomlKind.Float && value.Kind == TomlKind.Integer);
        return fits ? value : throw WrongKind(Name(key), kind, value!);
    }

    private TomlException WrongKind(string what, TomlKind expected, TomlValue actual) => Fail(
        actual.Position,
        $"{what} is {TomlValue.Describe(actual.Kind)}, but {TomlValue.Describe(expected)} is expected");

    private string Name(string key) => $"'{Below(key)}'";

    private string Below(string key) => _path.Length == 0 ? key : $"{_path}.{key}";
}
