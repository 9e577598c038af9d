namespace Chorus.Common.Messaging;

/// <summary>
/// Native libzmq is not there. The message is one sentence that says how to get it: executables print it,
/// without a stack trace, and exit with code 1.
/// </summary>
public sealed class LibzmqMissingException : Exception
{
    /// <summary>Joins cause and cure.</summary>
    /// <param name="cause">What is wrong, without a full stop.</param>
    /// <param name="cure">What to do about it; how to install the library when null.</param>
    internal LibzmqMissingException(string cause, string? cure = null)
        : base($"{cause}: {cure ?? Install}")
    {
    }

    private static string Install =>
        $"run scripts/setup, or \"{(OperatingSystem.IsMacOS() ? "brew install zeromq" : "apt-get install libzmq5")}\"";
}
