namespace Chorus.Common.Hosting;

/// <summary>
/// A failure that was expected and has words for people: one sentence for the cause, one for the cure. The
/// command's entry prints it without a stack trace and exits with its code.
/// </summary>
public sealed class ChorusException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
    /// <param name="code">Short name for programs, such as <c>address_in_use</c>.</param>
    /// <param name="message">The cause.</param>
    /// <param name="cure">What to do about it; empty when the cause says it.</param>
    /// <param name="inner">Where it came from.</param>
    public ChorusException(int exitCode, string code, string message, string cure = "", Exception? inner = null)
        : base(message, inner)
    {
        ExitCode = exitCode;
        Code = code;
        Cure = cure;
    }

    /// <summary>One of <see cref="ExitCodes"/>.</summary>
    public int ExitCode { get; }

    /// <summary>Short name for programs, such as <c>address_in_use</c>.</summary>
    public string Code { get; }

    /// <summary>What to do about it; may be empty.</summary>
    public string Cure { get; }

    /// <summary>A wrong flag or setting: exit code 2.</summary>
    public static ChorusException Usage(string message, string cure = "") =>
        new(ExitCodes.Usage, "usage", message, cure);

    /// <summary>A failure of this process: exit code 1.</summary>
    public static ChorusException Failed(string code, string message, string cure = "", Exception? inner = null) =>
        new(ExitCodes.Failed, code, message, cure, inner);
}
