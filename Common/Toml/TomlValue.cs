namespace Chorus.Common.Toml;

/// <summary>A value and where it stands.</summary>
public sealed class TomlValue
{
    private readonly object _content;

    internal TomlValue(TomlKind kind, object content, TomlPosition position)
    {
        Kind = kind;
        _content = content;
        Position = position;
    }

    /// <summary>What it is; decides which of the properties below may be asked for.</summary>
    public TomlKind Kind { get; }

    /// <summary>Where its first character stands.</summary>
    public TomlPosition Position { get; }

    /// <summary>The text.</summary>
    public string AsString => (string)_content;

    /// <summary>The whole number.</summary>
    public long AsInteger => (long)_content;

    /// <summary>The number, whole or not.</summary>
    public double AsFloat => Kind == TomlKind.Integer ? AsInteger : (double)_content;

    /// <summary>True or false.</summary>
    public bool AsBoolean => (bool)_content;

    /// <summary>The point in time.</summary>
    public DateTimeOffset AsOffsetDateTime => (DateTimeOffset)_content;

    /// <summary>The date and time of day.</summary>
    public DateTime AsLocalDateTime => (DateTime)_content;

    /// <summary>The day.</summary>
    public DateOnly AsLocalDate => (DateOnly)_content;

    /// <summary>The time of day.</summary>
    public TimeOnly AsLocalTime => (TimeOnly)_content;

    /// <summary>The elements.</summary>
    public IReadOnlyList<TomlValue> AsArray => (List<TomlValue>)_content;

    /// <summary>The table.</summary>
    public TomlTable AsTable => (TomlTable)_content;

    /// <summary>Whether it is an array made by <c>[[headers]]</c>, which further headers extend.</summary>
    internal bool IsArrayOfTables { get; init; }

    internal void AddElement(TomlValue element) => ((List<TomlValue>)_content).Add(element);

    /// <summary>The kind in words, with its article, for errors.</summary>
    internal static string Describe(TomlKind kind) => kind switch
    {
        TomlKind.String => "a string",
        TomlKind.Integer => "an integer",
        TomlKind.Float => "a number",
        TomlKind.Boolean => "true or false",
        TomlKind.OffsetDateTime => "a date and time with an offset",
        TomlKind.LocalDateTime => "a date and time",
        TomlKind.LocalDate => "a date",
        TomlKind.LocalTime => "a time",
        TomlKind.Array => "an array",
        _ => "a table",
    };
}
