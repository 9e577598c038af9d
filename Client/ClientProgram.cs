using Chorus.Client.CommandLine;
using Chorus.Client.Commands;
using Chorus.Client.Report;
using Chorus.Common.Hosting;

namespace Chorus.Client;

/// <summary>
/// The whole program: finds the command, runs it, and turns what goes wrong into words and an exit code.
/// </summary>
internal sealed class ClientProgram
{
    private readonly Terminal _terminal;
    private readonly Command[] _commands;

    public ClientProgram(Terminal terminal, ConnectCluster connect)
    {
        _terminal = terminal;
        Surroundings surroundings = new(terminal, connect);
        _commands =
        [
            .. KeyCommands.All(surroundings),
            .. ClusterCommands.All(surroundings),
            ReplCommand.Of(surroundings),
            LoadCommand.Of(surroundings),
            VerifyCommand.Of(surroundings),
            BenchCommand.Of(surroundings),
        ];
    }

    public IReadOnlyList<Command> Commands => _commands;

    /// <summary>Runs one command line. Returns the exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> words)
    {
        try
        {
            (Command? command, int used) = Parser.FindCommand(_commands, words);
            if (command is null && IsQuestion(words, out string text))
                return Print(text, ExitCodes.Ok);
            if (command is null && words.Count == 0)
                return Print(HelpText.Of(_commands), ExitCodes.Usage);
            // Flags without a command are those of a load, as ever.
            command ??= _commands.First(each => each.Name == "load");
            if (words.Skip(used).TakeWhile(word => word != "--").Any(IsHelp))
                return Print(HelpText.Of(command), ExitCodes.Ok);
            return await command.Run(Parser.Parse(command, [.. words.Skip(used)])).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            ChorusException known = CommandErrors.Explain(error);
            int exitCode = Answer(words).Fail(known);
            if (known.Code == CommandErrors.UnexpectedCode)
                _terminal.Error.WriteLine(error);
            return exitCode;
        }
    }

    private bool IsQuestion(IReadOnlyList<string> words, out string text)
    {
        text = words.Count != 1 ? ""
            : IsHelp(words[0]) ? HelpText.Of(_commands)
            : words[0] is "-version" or "--version" ? $"Client {Machine.Version}\n" : "";
        return text.Length > 0;
    }

    private int Print(string text, int exitCode)
    {
        TextWriter writer = exitCode == ExitCodes.Ok ? _terminal.Out : _terminal.Error;
        writer.Write(text);
        writer.Flush();
        return exitCode;
    }

    // What went wrong may be the flags themselves, so -o is looked up without understanding the others.
    private Answer Answer(IReadOnlyList<string> words)
    {
        bool json = words.Any(word => word is "-o=json" or "--o=json")
            || words.Zip(words.Skip(1)).Any(pair => pair is ("-o" or "--o", "json"));
        return new Answer(_terminal, json);
    }

    private static bool IsHelp(string word) => word is "-h" or "-help" or "--help" or "-?";
}
