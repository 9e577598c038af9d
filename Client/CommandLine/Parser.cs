using Chorus.Common.Hosting;

namespace Chorus.Client.CommandLine;

/// <summary>
/// Reads <c>COMMAND ARGUMENT... -flag value -flag=value --flag value</c>, in any order behind the command.
/// <c>--</c> ends the flags, so that an argument may begin with a hyphen.
/// </summary>
internal static class Parser
{
    /// <summary>Finds the command that the words begin with.</summary>
    /// <returns>The command and how many words name it; (null, 0) when the first word is a flag.</returns>
    /// <exception cref="ChorusException">There is no such command.</exception>
    public static (Command? Command, int Words) FindCommand(
        IReadOnlyList<Command> commands, IReadOnlyList<string> words)
    {
        if (words.Count == 0 || words[0].StartsWith('-'))
            return (null, 0);
        if (words.Count > 1 && commands.FirstOrDefault(c => c.Name == $"{words[0]} {words[1]}") is { } two)
            return (two, 2);
        if (commands.FirstOrDefault(c => c.Name == words[0]) is { } one)
            return (one, 1);
        string[] longer = [.. commands.Select(c => c.Name).Where(n => n.StartsWith(words[0] + " "))];
        if (longer.Length > 0)
            throw ChorusException.Usage(
                $"'{words[0]}' is not a whole command", $"There is: {string.Join(", ", longer)}.");
        throw ChorusException.Usage(
            $"there is no command '{words[0]}'", Nearest.Sentence(words[0], [.. commands.Select(c => c.Name)], ""));
    }

    /// <summary>Reads what stands behind the command.</summary>
    /// <exception cref="ChorusException">An unknown flag, a missing value, too many or too few arguments.</exception>
    public static Invocation Parse(Command command, IReadOnlyList<string> words)
    {
        List<string> arguments = [];
        Dictionary<string, string> flags = [];
        bool flagsEnded = false;
        for (int i = 0; i < words.Count; i++)
        {
            if (flagsEnded || !IsFlag(words[i]))
            {
                arguments.Add(words[i]);
                continue;
            }
            if (words[i] == "--")
            {
                flagsEnded = true;
                continue;
            }
            string text = words[i].TrimStart('-');
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            FlagSpec flag = FindFlag(command, equals < 0 ? text : text[..equals]);
            flags[flag.Name] = equals >= 0 ? text[(equals + 1)..]
                : flag.Value is null ? "true"
                : ++i < words.Count ? words[i]
                : throw ChorusException.Usage($"-{flag.Name} needs a value: -{flag.Name} {flag.Value}");
        }
        CheckArguments(command, arguments);
        return new Invocation(command, arguments, flags);
    }

    // A lone hyphen and negative numbers are arguments.
    private static bool IsFlag(string word) =>
        word.Length > 1 && word[0] == '-' && !char.IsAsciiDigit(word[1]) && word[1] != '.';

    private static FlagSpec FindFlag(Command command, string name) =>
        command.Flags.FirstOrDefault(flag => flag.Name == name || flag.Alias == name)
        ?? throw ChorusException.Usage(
            $"'{command.Name}' has no flag -{name}",
            Nearest.Sentence(name, [.. command.Flags.Select(flag => flag.Name)], "-"));

    private static void CheckArguments(Command command, List<string> arguments)
    {
        string usage = $"Write: Client {command.Name}{string.Concat(command.Arguments.Select(name => " " + name))}";
        if (arguments.Count < command.Arguments.Count)
            throw ChorusException.Usage($"{command.Arguments[arguments.Count]} is missing", usage);
        if (arguments.Count > command.Arguments.Count)
            throw ChorusException.Usage(
                $"'{arguments[command.Arguments.Count]}' is one argument too many",
                usage + " (put a text with spaces in quotes)");
    }
}
