using System.Text;

namespace Chorus.Client.CommandLine;

/// <summary>What <c>-help</c> prints.</summary>
internal static class HelpText
{
    /// <summary>Overview of all commands.</summary>
    public static string Of(IReadOnlyList<Command> commands)
    {
        StringBuilder text = new();
        text.Append("""
            Client talks to a Chorus cluster: it reads and writes keys, shows the members, and puts load on.

            Usage: Client COMMAND [ARGUMENT...] [-flag value...]
                   Client -config=client-config.toml [-flag value...]    the same as: Client load ...

            Commands:

            """);
        foreach (Command command in commands)
        {
            string call = string.Join(' ', [command.Name, .. command.Arguments]);
            text.Append($"  {call,-20} {command.Summary}\n");
        }
        text.Append("""

            'Client COMMAND -help' tells more. Flags are written -flag x, -flag=x or --flag x.
            Servers come from -servers, else CHORUS_SERVERS, else client-config.toml here, else :11000.

            Exit codes: 0 done, 1 failed, 2 wrong flags or configuration, 3 no leader or unreachable,
                        4 a check failed, 130 interrupted.

            """);
        return text.ToString();
    }

    /// <summary>Everything about one command.</summary>
    public static string Of(Command command)
    {
        StringBuilder text = new();
        string call = string.Join(' ', [command.Name, .. command.Arguments]);
        text.Append($"{command.Summary}\n\nUsage: Client {call} [-flag value...]\n\nFlags:\n");
        foreach (FlagSpec flag in command.Flags)
        {
            string name = $"-{flag.Name}{(flag.Value is null ? "" : " " + flag.Value)}";
            string alias = flag.Alias is null ? "" : $" (also -{flag.Alias})";
            text.Append($"  {name,-18} {flag.Meaning}{alias}\n");
        }
        text.Append("\nExamples:\n");
        foreach (string example in command.Examples)
            text.Append($"  {example}\n");
        if (command.Remarks.Length > 0)
            text.Append('\n').Append(command.Remarks).Append('\n');
        return text.ToString();
    }
}
