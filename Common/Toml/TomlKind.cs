namespace Chorus.Common.Toml;

/// <summary>What a value is.</summary>
public enum TomlKind
{
    /// <summary>Text: <see cref="string"/>.</summary>
    String,

    /// <summary>A whole number: <see cref="long"/>.</summary>
    Integer,

    /// <summary>A floating-point number: <see cref="double"/>.</summary>
    Float,

    /// <summary>True or false: <see cref="bool"/>.</summary>
    Boolean,

    /// <summary>A point in time: <see cref="DateTimeOffset"/>.</summary>
    OffsetDateTime,

    /// <summary>Date and time of day somewhere: <see cref="DateTime"/> of unspecified kind.</summary>
    LocalDateTime,

    /// <summary>A day: <see cref="DateOnly"/>.</summary>
    LocalDate,

    /// <summary>A time of day: <see cref="TimeOnly"/>.</summary>
    LocalTime,

    /// <summary>Values in order: a list of <see cref="TomlValue"/>.</summary>
    Array,

    /// <summary>Keys with values: <see cref="TomlTable"/>.</summary>
    Table,
}
