namespace Chorus.Common.Log;

/// <summary>Bytes on disk are not what was written. A node that stands on them must stop: exit code 5.</summary>
/// <param name="message">File, offset, what is wrong, and the remedy.</param>
/// <param name="file">The file, with its directory; empty where none is to blame.</param>
/// <param name="offset">Where in it.</param>
public sealed class LogCorruptionException(string message, string file = "", long offset = 0) : Exception(message)
{
    /// <summary>The file, with its directory; empty where none is to blame.</summary>
    public string File { get; } = file;

    /// <summary>Where in the file.</summary>
    public long Offset { get; } = offset;
}
