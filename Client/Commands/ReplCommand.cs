using Chorus.Client.CommandLine;

namespace Chorus.Client.Commands;

/// <summary><c>repl</c>.</summary>
internal static class ReplCommand
{
    public static Command Of(Surroundings surroundings) => new()
    {
        Name = "repl",
        Summary = "Reads commands line by line: get, set, delete, status, help, exit.",
        Flags = [.. Surroundings.ClusterFlags, Surroundings.HexFlag],
        Examples =
        [
            "Client repl",
            "printf 'set a 1\\nget a\\n' | Client repl",
            "Client repl -o json < commands.txt",
        ],
        Remarks = "Without a terminal there is no prompt. The exit code is that of the worst failure.",
        Run = invocation => RunAsync(surroundings, invocation),
    };

    private static async Task<int> RunAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        IReadOnlyList<string> servers = surroundings.Servers(invocation);
        await using ClusterAccess cluster = surroundings.Open(invocation);
        return await new Repl(
            surroundings.Terminal, cluster, answer, new KeyText(invocation.Has("hex")), servers)
            .RunAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
