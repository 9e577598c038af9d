using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Chorus.Common.Toml;

namespace Chorus.Common.Hosting;

/// <summary>
/// Entry of every executable: reads the flags, runs the command, turns whatever goes wrong into one line on
/// standard error and an exit code. Ctrl-C and SIGTERM ask the command to stop; the second one ends the
/// process.
/// </summary>
public static class CommandHost
{
    /// <summary>
    /// Says what a command does; it may run as long as it likes and should watch the token.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="action">Returns the exit code; may throw anything.</param>
    public static void SetAction(this Command command, Func<ParseResult, CancellationToken, int> action) =>
        command.SetAction((parsed, stop) => Task.FromResult(action(parsed, stop)));

    /// <summary>Runs a command line.</summary>
    /// <param name="root">The commands and flags.</param>
    /// <param name="args">What the process was given.</param>
    /// <param name="asJson">Whether errors are to be JSON; null: never.</param>
    /// <returns>The exit code: one of <see cref="ExitCodes"/>.</returns>
    public static int Run(RootCommand root, string[] args, Func<ParseResult, bool>? asJson = null) =>
        Run(root, args, Console.Out, Console.Error, asJson);

    internal static int Run(
        RootCommand root, string[] args, TextWriter output, TextWriter error, Func<ParseResult, bool>? asJson = null)
    {
        CommandHelp.Install(root, output);
        // A mistyped flag must not be read as its first letters, and a value may begin with an at sign.
        var parsed = root.Parse(
            args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        bool json = asJson is not null && parsed.Errors.Count == 0 && asJson(parsed);
        using var signals = new StopSignals();
        try
        {
            if (parsed.Action is not { ClearsParseErrors: true })
                Check(parsed);
            int code = Invoke(parsed, signals.Token);
            return signals.IsInterrupted && code == ExitCodes.Ok ? ExitCodes.Interrupted : code;
        }
        catch (Exception exception)
        {
            ChorusException known = CommandErrors.Explain(exception);
            CommandErrors.Write(error, known, json);
            if (known.Code == CommandErrors.UnexpectedCode && known.InnerException is { } cause)
                error.WriteLine(cause);
            return known.ExitCode;
        }
    }

    private static int Invoke(ParseResult parsed, CancellationToken stop) => parsed.Action switch
    {
        AsynchronousCommandLineAction action => action.InvokeAsync(parsed, stop).GetAwaiter().GetResult(),
        SynchronousCommandLineAction action => action.Invoke(parsed),
        _ => throw ChorusException.Usage("no command given", HelpHint(parsed)),
    };

    private static void Check(ParseResult parsed)
    {
        CheckArguments(parsed);
        if (parsed.Errors.Count > 0)
            throw Explain(parsed);
        CheckRequired(parsed);
    }

    // System.CommandLine takes a flag that it does not know for an argument, where a command has any.
    private static void CheckArguments(ParseResult parsed)
    {
        HashSet<Token> unmarked = new(
            parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash), ReferenceEqualityComparer.Instance);
        Token? flag = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .FirstOrDefault(token => token.Value is ['-', not (>= '0' and <= '9'), ..] && unmarked.Contains(token));
        if (flag is not null)
            throw ExplainToken(parsed, parsed.CommandResult.Command, flag.Value);
    }

    // System.CommandLine takes a flag with a default for given, even where that default is "nothing".
    private static void CheckRequired(ParseResult parsed)
    {
        foreach (Option option in parsed.CommandResult.Command.Options.Where(option => option.Required))
        {
            bool isGiven = parsed.GetResult(option) is { Implicit: false };
            if (!isGiven && option is IFlag flag && Flag.FromVariable(flag.Variable) is null)
            {
                throw ChorusException.Usage(
                    $"{option.Name} is missing: {option.Name} {option.HelpName}", HelpHint(parsed));
            }
        }
    }

    private static ChorusException Explain(ParseResult parsed)
    {
        // A required flag is missed only because of the typo in it: so the typo first.
        Command command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [var token, ..])
            return ExplainToken(parsed, command, token);
        ParseError error = parsed.Errors[0];
        string message = error.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0, Implicit: false } option => NeedsValue(option.Option),
            ArgumentResult { Tokens.Count: 0, Parent: OptionResult { Implicit: false } option } =>
                NeedsValue(option.Option),
            CommandResult when command.Action is null && command.Subcommands.Count > 0 =>
                $"a command is missing: {string.Join(", ", Names(command.Subcommands))}",
            _ => error.Message,
        };
        return ChorusException.Usage(message, HelpHint(parsed));
    }

    private static ChorusException ExplainToken(ParseResult parsed, Command command, string token)
    {
        bool isFlag = token.Length > 1 && token[0] == '-';
        string name = isFlag ? token.Split('=', ':')[0] : token;
        IEnumerable<string> known = isFlag ? FlagNames(parsed) : Names(command.Subcommands);
        // Hyphens do not count as letters in common.
        string? nearest = NearestName.Find(name.TrimStart('-'), known.Select(flag => flag.TrimStart('-')));
        string what = isFlag ? $"unknown flag '{name}'"
            : command.Subcommands.Count > 0 ? $"unknown command '{name}'"
            : $"unexpected argument '{name}'";
        string message = nearest is null ? what : $"{what}; did you mean '{(isFlag ? "-" : "")}{nearest}'?";
        string hint = isFlag && command.Arguments.Count > 0
            ? $"Write -- before an argument that begins with a hyphen. {HelpHint(parsed)}"
            : HelpHint(parsed);
        return ChorusException.Usage(message, hint);
    }

    private static string NeedsValue(Option option) =>
        $"{option.Name} needs a value: {option.Name} {option.HelpName}";

    // Of the commands above, a program's own flags mean something without a command only.
    private static IEnumerable<string> FlagNames(ParseResult parsed)
    {
        for (SymbolResult? at = parsed.CommandResult; at is not null; at = at.Parent)
        {
            bool isOwn = at == parsed.CommandResult;
            foreach (Option option in ((CommandResult)at).Command.Options)
            {
                if (!option.Hidden && (isOwn || option.Recursive))
                    yield return option.Name;
            }
        }
    }

    private static IEnumerable<string> Names(IEnumerable<Command> commands) =>
        commands.Where(command => !command.Hidden).Select(command => command.Name);

    private static string HelpHint(ParseResult parsed)
    {
        var path = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            path.Insert(0, command.Command.Name);
        return $"See {string.Join(' ', path)} -help";
    }
}
