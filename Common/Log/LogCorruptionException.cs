namespace Chorus.Common.Log;

/// <summary>Bytes on disk are not what was written. The node must stop: exit code 5.</summary>
/// <param name="message">File, offset, what is wrong, and the remedy.</param>
public sealed class LogCorruptionException(string message) : Exception(message);
