namespace Chorus.Common.Toml;

/// <summary>
/// A file that is not TOML, or not what its reader expects. The message begins with file, line and column.
/// </summary>
public sealed class TomlException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="file">The file as the user named it.</param>
    /// <param name="position">Where in it.</param>
    /// <param name="problem">What is wrong, without the place.</param>
    public TomlException(string file, TomlPosition position, string problem)
        : base($"{file}:{position}: {problem}")
    {
        File = file;
        Position = position;
        Problem = problem;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>Where in it.</summary>
    public TomlPosition Position { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }
}
