namespace Chorus.Common.Log;

/// <summary>The device has no room. Thrown by an <see cref="IStorage"/> where a file would have to grow.</summary>
/// <param name="message">What did not fit, and where.</param>
public sealed class DiskFullException(string message) : IOException(message);
