namespace Chorus.Common.Toml;

/// <summary>A place in a file; both count from 1.</summary>
/// <param name="Line">Line.</param>
/// <param name="Column">Column, in Unicode characters.</param>
public readonly record struct TomlPosition(int Line, int Column)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Line}:{Column}";
}
