using System.CommandLine;
using Chorus.Common.Hosting;

namespace Chorus.Client.CommandLine;

/// <summary>Makes the command line of the program out of the descriptions of its commands.</summary>
internal static class CommandTree
{
    private const string FormatFlag = "-o";

    /// <param name="summary">What the program is for.</param>
    /// <param name="commands">What it can do.</param>
    /// <param name="whenFlagsAlone">The command that flags without a command belong to.</param>
    /// <param name="variable">Looks up an environment variable.</param>
    /// <param name="examples">For the help of the program.</param>
    public static RootCommand Build(
        string summary, IReadOnlyList<CommandSpec> commands, CommandSpec whenFlagsAlone,
        Func<string, string?> variable, params CommandExample[] examples)
    {
        RootCommand root = new(summary);
        Fill(root, whenFlagsAlone with { Examples = examples }, variable, mustHaveFlags: true);
        foreach (CommandSpec spec in commands)
        {
            string[] words = spec.Name.Split(' ');
            Command parent = root;
            foreach (string word in words[..^1])
                parent = Group(parent, word);
            Command command = new(words[^1], spec.Summary);
            Fill(command, spec, variable, mustHaveFlags: false);
            parent.Subcommands.Add(command);
        }
        return root;
    }

    /// <summary>Whether answers and errors are wanted as JSON.</summary>
    public static bool WantsJson(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == FormatFlag) is { } option
        && parsed.GetResult(option) is { Implicit: false, Tokens: [{ Value: "json" }] };

    private static Command Group(Command parent, string word)
    {
        Command? group = parent.Subcommands.FirstOrDefault(command => command.Name == word);
        if (group is null)
        {
            group = new Command(word, $"Commands about {word}.");
            parent.Subcommands.Add(group);
        }
        return group;
    }

    private static void Fill(
        Command command, CommandSpec spec, Func<string, string?> variable, bool mustHaveFlags)
    {
        List<(string Name, Option Option)> options = [];
        foreach (FlagSpec flag in spec.Flags)
        {
            Option option = flag.Value is null
                ? Flag.Switch(flag.Name, flag.Meaning)
                : Flag.Text(flag.Name, flag.Value, flag.Meaning);
            if (flag.Alias is not null)
                option.Aliases.Add("-" + flag.Alias);
            command.Options.Add(option);
            options.Add((flag.Name, option));
        }
        List<Argument<string>> arguments = [];
        foreach ((string name, string meaning) in spec.Arguments)
        {
            Argument<string> argument = new(name) { Description = meaning };
            if (spec.IsLastOptional && arguments.Count == spec.Arguments.Count - 1)
                argument.Arity = ArgumentArity.ZeroOrOne;
            command.Arguments.Add(argument);
            arguments.Add(argument);
        }
        command.WithExamples([.. spec.Examples]);
        command.SetAction(async (parsed, stop) =>
        {
            if (mustHaveFlags && parsed.Tokens.Count == 0)
                throw ChorusException.Usage("no command given", "See Client -help");
            string[] words = [.. arguments.Select(argument => parsed.GetValue(argument) ?? "")];
            Invocation invocation = new(words, Given(parsed, options), variable, stop);
            int exitCode = await spec.Run(invocation).ConfigureAwait(false);
            // Whatever an interrupted command says: nobody should take it for its answer. A failed check stays one.
            return stop.IsCancellationRequested && exitCode != ExitCodes.CheckFailed
                ? ExitCodes.Interrupted : exitCode;
        });
    }

    private static Dictionary<string, string> Given(ParseResult parsed, List<(string Name, Option Option)> options)
    {
        Dictionary<string, string> given = [];
        foreach ((string name, Option option) in options)
            if (parsed.GetResult(option) is { Implicit: false } result)
                given[name] = result.Tokens.Count == 0 ? "true" : result.Tokens[^1].Value;
        return given;
    }
}
