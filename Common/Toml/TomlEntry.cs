namespace Chorus.Common.Toml;

/// <summary>A key with its value.</summary>
/// <param name="Key">The key, without quotes and dots.</param>
/// <param name="Position">Where the key stands.</param>
/// <param name="Value">The value.</param>
public readonly record struct TomlEntry(string Key, TomlPosition Position, TomlValue Value);
