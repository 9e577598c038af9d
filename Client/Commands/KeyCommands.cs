using Chorus.Client.CommandLine;

namespace Chorus.Client.Commands;

/// <summary><c>get</c>, <c>set</c> and <c>delete</c>.</summary>
internal static class KeyCommands
{
    public static IEnumerable<Command> All(Surroundings surroundings) =>
    [
        new Command
        {
            Name = "get",
            Arguments = ["KEY"],
            Summary = "Prints the value of a key and a newline.",
            Flags = [.. Surroundings.ClusterFlags, Surroundings.HexFlag],
            Examples =
            [
                "Client get greeting",
                "Client get greeting -servers :11000,:11001,:11002 -o json",
                "Client get -hex 00ff -servers :11000",
            ],
            Remarks = "The read is linearizable: it sees every write that was acknowledged before it began.\n"
                + "A key that does not exist is exit code 1.",
            Run = invocation => RunAsync(surroundings, invocation, keys => keys.GetAsync(invocation.Arguments[0])),
        },
        new Command
        {
            Name = "set",
            Arguments = ["KEY", "VALUE"],
            Summary = "Sets a key.",
            Flags = [.. Surroundings.ClusterFlags, Surroundings.HexFlag],
            Examples =
            [
                "Client set greeting hello",
                "Client set greeting 'good morning' -o json",
                "Client set -- -key -value",
            ],
            Remarks = "If the answer is lost the outcome is unknown: the command says so (exit code 1) and never\n"
                + "sends the write again by itself. Read the key to see.",
            Run = invocation => RunAsync(
                surroundings, invocation, keys => keys.SetAsync(invocation.Arguments[0], invocation.Arguments[1])),
        },
        new Command
        {
            Name = "delete",
            Arguments = ["KEY"],
            Summary = "Removes a key.",
            Flags = [.. Surroundings.ClusterFlags, Surroundings.HexFlag],
            Examples = ["Client delete greeting"],
            Remarks = "Removing a key that does not exist succeeds.",
            Run = invocation => RunAsync(
                surroundings, invocation, keys => keys.DeleteAsync(invocation.Arguments[0])),
        },
    ];

    private static async Task<int> RunAsync(
        Surroundings surroundings, Invocation invocation, Func<KeyOperations, Task<int>> run)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        await using ClusterAccess cluster = surroundings.Open(invocation);
        return await run(new KeyOperations(
            surroundings.Terminal, cluster, answer, new KeyText(invocation.Has("hex")))).ConfigureAwait(false);
    }
}
