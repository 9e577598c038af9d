using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Chorus.Common.Hosting;

/// <summary>
/// Makes flags that are written <c>-id x</c>, <c>-id=x</c>, <c>--id x</c> or <c>--id=x</c>. What the command
/// line does not give comes from the environment (<c>CHORUS_ID</c>), and then from the default.
/// </summary>
public static class Flag
{
    /// <summary>A flag with a text.</summary>
    /// <param name="name">Without hyphens.</param>
    /// <param name="valueName">Stands for the value in the help, in capitals.</param>
    /// <param name="help">One sentence, lower case, without a full stop.</param>
    /// <param name="whenAbsent">The default.</param>
    public static FlagOption<string?> Text(string name, string valueName, string help, string? whenAbsent = null) =>
        Value<string?>(name, valueName, help, text => text, whenAbsent, whenAbsent);

    /// <summary>A flag that is on when it is given: <c>-inmem</c>, also <c>-inmem=false</c>.</summary>
    /// <param name="name">Without hyphens.</param>
    /// <param name="help">One sentence, lower case, without a full stop.</param>
    public static FlagOption<bool> Switch(string name, string help) => new(name)
    {
        Description = help,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => Read(
            result, () => result.Tokens.Count == 0 || ParseSwitch("-" + name, result.Tokens[0].Value)),
        DefaultValueFactory = result => Read(
            result, () => FromVariable(VariableOf(name)) is { } text && ParseSwitch(VariableOf(name), text)),
    };

    /// <summary>A flag with a whole number within limits.</summary>
    /// <param name="name">Without hyphens.</param>
    /// <param name="valueName">Stands for the value in the help, in capitals.</param>
    /// <param name="help">One sentence, lower case, without a full stop.</param>
    /// <param name="whenAbsent">The default.</param>
    /// <param name="min">Smallest value.</param>
    /// <param name="max">Largest value.</param>
    public static FlagOption<int> Integer(
        string name, string valueName, string help, int whenAbsent, int min, int max) => Value(
            name,
            valueName,
            help,
            text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                && number >= min && number <= max
                ? number
                : throw ChorusException.Usage($"-{name}: '{text}' is no number from {min} to {max}"),
            whenAbsent,
            whenAbsent.ToString(CultureInfo.InvariantCulture));

    /// <summary>A flag with a value of any type.</summary>
    /// <param name="name">Without hyphens.</param>
    /// <param name="valueName">Stands for the value in the help, in capitals.</param>
    /// <param name="help">One sentence, lower case, without a full stop.</param>
    /// <param name="parse">Reads the value; throws <see cref="ChorusException"/> where it makes no
    /// sense.</param>
    /// <param name="whenAbsent">The default.</param>
    /// <param name="defaultText">The default in words, for the help; null: none.</param>
    public static FlagOption<T> Value<T>(
        string name, string valueName, string help, Func<string, T> parse, T whenAbsent, string? defaultText) =>
        new(name)
        {
            Description = help,
            HelpName = valueName,
            DefaultText = defaultText,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => Read(result, () => parse(result.Tokens[0].Value)),
            DefaultValueFactory = result => Read(
                result, () => FromVariable(VariableOf(name)) is { } text ? parse(text) : whenAbsent),
        };

    /// <summary>
    /// A flag that may be given many times; its variable holds values with commas between them.
    /// </summary>
    /// <param name="name">Without hyphens.</param>
    /// <param name="valueName">Stands for one value in the help, in capitals.</param>
    /// <param name="help">One sentence, lower case, without a full stop.</param>
    /// <param name="parse">Reads one value; throws <see cref="ChorusException"/> where it makes no
    /// sense.</param>
    public static FlagOption<IReadOnlyList<T>> List<T>(
        string name, string valueName, string help, Func<string, T> parse) =>
        new(name)
        {
            Description = help,
            HelpName = valueName,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
            CustomParser = result => Read<IReadOnlyList<T>>(
                result, () => [.. result.Tokens.Select(token => parse(token.Value))]),
            DefaultValueFactory = result => Read<IReadOnlyList<T>>(
                result, () => [.. Split(FromVariable(VariableOf(name))).Select(parse)]),
        };

    /// <summary>A flag with an endpoint: <c>:port</c> or <c>host:port</c>.</summary>
    /// <param name="name">Without hyphens.</param>
    /// <param name="help">One sentence, lower case, without a full stop.</param>
    /// <param name="whenAbsent">The default as one would write it; null: none.</param>
    public static FlagOption<HostEndpoint?> Endpoint(string name, string help, string? whenAbsent = null) =>
        Value<HostEndpoint?>(
            name,
            "HOST:PORT",
            help,
            text => HostEndpoint.Parse(text, "-" + name),
            whenAbsent is null ? null : HostEndpoint.Parse(whenAbsent, "-" + name),
            whenAbsent);

    /// <summary>Environment variable of a flag.</summary>
    /// <param name="name">Without hyphens.</param>
    public static string VariableOf(string name) =>
        "CHORUS_" + name.ToUpperInvariant().Replace('-', '_');

    /// <summary>What the environment says; null where it says nothing.</summary>
    internal static string? FromVariable(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null;

    private static string[] Split(string? list) => list?.Split(',', StringSplitOptions.TrimEntries) ?? [];

    private static bool ParseSwitch(string name, string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" or "on" or "yes" => true,
        "false" or "0" or "off" or "no" => false,
        _ => throw ChorusException.Usage($"{name}: '{text}' is neither true nor false"),
    };

    private static T Read<T>(ArgumentResult result, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ChorusException error)
        {
            result.AddError(CommandErrors.Sentences(error));
            return default!;
        }
    }
}
