namespace Chorus.Common.Messaging;

/// <summary>
/// Native libzmq is not there. The message is one sentence that says how to get it: executables print it,
/// without a stack trace, and exit with code 1.
/// </summary>
public sealed class LibzmqMissingException : Exception
{
    /// <summary>Appends the cure to the cause.</summary>
    /// <param name="cause">What is wrong, without a full stop.</param>
    internal LibzmqMissingException(string cause)
        : base($"{cause}: run scripts/setup, or install it with \"{Command}\"")
    {
    }

    private static string Command =>
        OperatingSystem.IsMacOS() ? "brew install zeromq" : "apt-get install libzmq5";
}
