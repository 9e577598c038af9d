using Chorus.Client.CommandLine;

namespace Chorus.Client.Commands;

/// <summary><c>repl</c>.</summary>
internal static class ReplCommand
{
    public static CommandSpec Of(Surroundings surroundings) => new()
    {
        Name = "repl",
        Summary = "Reads commands line by line: get, set, delete, status, help, exit. Without a terminal there is "
            + "no prompt. The exit code is that of the worst failure.",
        Flags = [.. Surroundings.ClusterFlags, Surroundings.HexFlag],
        Examples =
        [
            new("Client repl", "type commands"),
            new("printf 'set a 1\\nget a\\n' | Client repl", "run two"),
            new("Client repl -o json < commands.txt", "one line of JSON for each"),
        ],
        Run = invocation => RunAsync(surroundings, invocation),
    };

    private static async Task<int> RunAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        IReadOnlyList<string> servers = surroundings.Servers(invocation);
        await using ClusterAccess cluster = surroundings.Open(invocation);
        return await new Repl(
            surroundings.Terminal, cluster, answer, new KeyText(invocation.Has("hex")), servers)
            .RunAsync(invocation.Stop).ConfigureAwait(false);
    }
}
