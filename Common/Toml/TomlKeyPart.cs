namespace Chorus.Common.Toml;

/// <summary>One part of a dotted key.</summary>
internal readonly record struct TomlKeyPart(string Name, TomlPosition Position)
{
    /// <summary>The whole key, as people write it.</summary>
    public static string Join(IEnumerable<TomlKeyPart> path) => string.Join('.', path.Select(part => part.Name));
}
