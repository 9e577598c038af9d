using System.Globalization;
using Chorus.Common.Hosting;

namespace Chorus.Client.CommandLine;

/// <summary>A command as somebody called it.</summary>
/// <param name="Arguments">As many as the command takes.</param>
/// <param name="Flags">Values of the flags that were given, by name; a switch has <c>true</c>.</param>
/// <param name="Variable">Looks up an environment variable, for the flags that were not given.</param>
/// <param name="Stop">Cancelled by Ctrl-C.</param>
internal sealed record Invocation(
    IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Flags, Func<string, string?> Variable,
    CancellationToken Stop)
{
    /// <summary>Value of a flag, else of its variable, else null.</summary>
    public string? Get(string flag) =>
        Flags.TryGetValue(flag, out string? value) ? value
        : Variable(Flag.VariableOf(flag)) is { Length: > 0 } text ? text : null;

    /// <summary>Value of a flag that must be given.</summary>
    /// <exception cref="ChorusException">It was not.</exception>
    public string Require(string flag) => Get(flag) is { Length: > 0 } text
        ? text
        : throw ChorusException.Usage($"-{flag} is missing", "See -help");

    /// <summary>A number, or what counts where the flag was not given.</summary>
    /// <exception cref="ChorusException">It is none, or out of range.</exception>
    public double Number(string flag, double otherwise, double min, double max)
    {
        if (Get(flag) is not { } text)
            return otherwise;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && number >= min && number <= max
            ? number
            : throw ChorusException.Usage($"-{flag}: '{text}' is not a number from {min} to {max}");
    }

    public bool Has(string flag) => Get(flag) is "true" or "1" or "on" or "yes";
}
