using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;

namespace Chorus.Common.Hosting;

/// <summary>The help of a command: what it does, its flags with their defaults, and examples.</summary>
public static class CommandHelp
{
    private const int WidthMax = 100;
    private const int NameWidthMax = 24;

    private static readonly ConditionalWeakTable<Command, CommandExample[]> ExamplesOf = [];

    /// <summary>Gives a command examples for its help.</summary>
    public static TCommand WithExamples<TCommand>(this TCommand command, params CommandExample[] examples)
        where TCommand : Command
    {
        ExamplesOf.AddOrUpdate(command, examples);
        return command;
    }

    /// <summary>Puts this help, and the version, in the place of those of System.CommandLine.</summary>
    internal static void Install(RootCommand root, TextWriter output)
    {
        root.Directives.Clear();
        foreach (Option builtIn in root.Options.Where(option => option is HelpOption or VersionOption).ToArray())
            root.Options.Remove(builtIn);
        root.Options.Add(new HelpOption("-help", "--help", "-h", "--h", "-?")
        {
            Description = "show this help",
            Action = new PrintAction(parsed => Write(parsed, output)),
        });
        root.Options.Add(new VersionOption("-version", "--version")
        {
            Description = "show the version",
            Action = new PrintAction(_ => output.WriteLine($"{root.Name} {ProgramVersion.Text}")),
        });
    }

    private static void Write(ParseResult parsed, TextWriter output)
    {
        Command command = parsed.CommandResult.Command;
        foreach (string line in Wrap(command.Description ?? "", WidthMax))
            output.WriteLine(line);
        output.WriteLine();
        output.WriteLine($"usage: {Usage(parsed)}");
        WriteRows(output, "commands:", command.Subcommands
            .Where(sub => !sub.Hidden)
            .Select(sub => (CommandSynopsis(sub), FirstSentence(sub.Description ?? ""))));
        WriteRows(output, "arguments:", command.Arguments
            .Where(argument => !string.IsNullOrEmpty(argument.Description))
            .Select(argument => (argument.Name.ToUpperInvariant(), argument.Description!)));
        WriteRows(output, "flags:", Options(parsed).Select(option => (Synopsis(option), Describe(option))));
        if (Options(parsed).Any(option => option is IFlag))
        {
            output.WriteLine();
            output.WriteLine("Write -name value, -name=value or --name value. What is not given is taken from the");
            output.WriteLine("environment (CHORUS_NAME), then from the default.");
        }
        if (ExamplesOf.TryGetValue(command, out CommandExample[]? examples))
        {
            output.WriteLine();
            output.WriteLine("examples:");
            foreach (CommandExample example in examples)
            {
                output.WriteLine($"  # {example.Meaning}");
                output.WriteLine($"  {example.Line}");
            }
        }
    }

    private static string Usage(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        var parts = new List<string>();
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as CommandResult)
            parts.Insert(0, at.Command.Name);
        parts.AddRange(Options(parsed).Where(option => option.Required).Select(Synopsis));
        if (Options(parsed).Any(option => !option.Required))
            parts.Add("[flags]");
        if (command.Subcommands.Count > 0)
            parts.Add(command.Action is null ? "COMMAND" : "[COMMAND]");
        parts.AddRange(command.Arguments.Select(Placeholder));
        return string.Join(' ', parts);
    }

    private static IEnumerable<Option> Options(ParseResult parsed)
    {
        Command own = parsed.CommandResult.Command;
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as CommandResult)
        {
            foreach (Option option in at.Command.Options)
            {
                if (!option.Hidden && (at.Command == own || option.Recursive))
                    yield return option;
            }
        }
    }

    private static string Synopsis(Option option) =>
        option is HelpOption or VersionOption || option.ValueType == typeof(bool) || option.HelpName is null
            ? option.Name
            : $"{option.Name} {option.HelpName}";

    private static string CommandSynopsis(Command command) =>
        string.Join(' ', command.Arguments.Select(Placeholder).Prepend(command.Name));

    // The rest stands in the help of the command itself.
    private static string FirstSentence(string text)
    {
        int end = text.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? text : text[..(end + 1)];
    }

    private static string Placeholder(Argument argument)
    {
        string name = argument.Name.ToUpperInvariant();
        string many = argument.Arity.MaximumNumberOfValues > 1 ? $"{name}..." : name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{many}]" : many;
    }

    private static string Describe(Option option)
    {
        string text = option.Description ?? "";
        if (option.Required)
            return $"{text} (required)";
        return option is IFlag { DefaultText: { Length: > 0 } whenAbsent } ? $"{text} (default {whenAbsent})" : text;
    }

    private static void WriteRows(TextWriter output, string title, IEnumerable<(string Name, string Text)> rows)
    {
        (string Name, string Text)[] all = [.. rows];
        if (all.Length == 0)
            return;
        int nameWidth = Math.Min(NameWidthMax, all.Max(row => row.Name.Length));
        output.WriteLine();
        output.WriteLine(title);
        foreach ((string name, string text) in all)
        {
            string head = $"  {name.PadRight(nameWidth)}  ";
            if (name.Length > nameWidth)
            {
                output.WriteLine(head.TrimEnd());
                head = new string(' ', nameWidth + 4);
            }
            foreach (string line in Wrap(text, WidthMax - nameWidth - 4))
            {
                output.WriteLine((head + line).TrimEnd());
                head = new string(' ', nameWidth + 4);
            }
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }
            line = line.Length == 0 ? word : $"{line} {word}";
        }
        yield return line;
    }

    private sealed class PrintAction(Action<ParseResult> print) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            print(parseResult);
            return ExitCodes.Ok;
        }
    }
}
