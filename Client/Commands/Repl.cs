using Chorus.Client.CommandLine;
using Chorus.Common.Hosting;

namespace Chorus.Client.Commands;

/// <summary>
/// Reads commands line by line. Without a terminal it prints no prompt; either way it goes on after a failure and
/// ends with the exit code of the worst one.
/// </summary>
internal sealed class Repl(
    Terminal terminal, ClusterAccess cluster, Answer answer, KeyText text, IReadOnlyList<string> servers)
{
    private const string Help = """
        get KEY            print a value
        set KEY VALUE      set a key
        delete KEY         remove a key
        cas KEY OLD NEW    set a key if its value is OLD
        incr KEY [DELTA]   add to a number
        status             show all members
        help               this
        exit               leave (or end of input)
        Quote what has spaces: 'as it stands', or "with \n \t \" \\ \r \0".
        The short forms get-KEY, set-KEY-VALUE and delete-KEY work too.
        """;

    private static readonly string[] Names = ["get", "set", "delete", "cas", "incr", "status", "help", "exit"];

    private readonly KeyOperations _keys = new(terminal, cluster, answer, text);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        int worst = ExitCodes.Ok;
        while (!stop.IsCancellationRequested)
        {
            if (terminal.IsInputTerminal)
            {
                terminal.Error.Write("chorus> ");
                terminal.Error.Flush();
            }
            // Reading a console cannot be cancelled: on Ctrl-C the read is left behind.
            string? line = await Task.Run(terminal.In.ReadLine, CancellationToken.None).WaitAsync(stop)
                .ConfigureAwait(false);
            if (line is null || line.Trim() is "exit" or "quit")
                break;
            worst = Math.Max(worst, await RunLineAsync(line).ConfigureAwait(false));
        }
        return worst;
    }

    private async Task<int> RunLineAsync(string line)
    {
        try
        {
            if (!WordReader.TryRead(line, out List<string> words, out string? error))
                throw ChorusException.Usage(error);
            if (words.Count == 0 || words[0].StartsWith('#'))
                return ExitCodes.Ok;
            return await RunWordsAsync(Short(line.Trim(), words)).ConfigureAwait(false);
        }
        catch (ChorusException wrong)
        {
            return answer.Fail(wrong);
        }
    }

    /// <summary>Takes the short form of the wire protocol apart: the key ends at the second hyphen.</summary>
    private static List<string> Short(string line, List<string> words)
    {
        string[] parts = line.Split('-', 3);
        return parts switch
        {
            ["get" or "delete", _, ..] => [parts[0], line[(parts[0].Length + 1)..]],
            ["set", _, _] => [.. parts],
            _ => words,
        };
    }

    private Task<int> RunWordsAsync(List<string> words)
    {
        switch (words)
        {
            case ["get", string key]:
                return _keys.GetAsync(key);
            case ["set", string key, string value]:
                return _keys.SetAsync(key, value);
            case ["delete", string key]:
                return _keys.DeleteAsync(key);
            case ["cas", string key, string expected, string value]:
                return _keys.CompareAndSetAsync(key, expected, value);
            case ["incr", string key]:
                return _keys.IncrementAsync(key, "1");
            case ["incr", string key, string delta]:
                return _keys.IncrementAsync(key, delta);
            case ["status"]:
                return StatusReport.RunAsync(cluster, answer, servers, only: false);
            case ["help" or "?"]:
                terminal.Out.WriteLine(Help);
                terminal.Out.Flush();
                return Task.FromResult(ExitCodes.Ok);
            case [string name, ..] when Names.Contains(name):
                throw ChorusException.Usage(
                    $"'{name}' with {words.Count - 1} arguments makes no sense",
                    name == "set" ? "Write: set KEY VALUE (quote what has spaces)." : $"Type help to see {name}.");
            default:
                throw ChorusException.Usage(
                    $"there is no command '{words[0]}'", Nearest.Sentence(words[0], Names, ""));
        }
    }
}
