using Chorus.Client.CommandLine;

namespace Chorus.Client.Commands;

/// <summary><c>get</c>, <c>set</c> and <c>delete</c>.</summary>
internal static class KeyCommands
{
    public static IEnumerable<CommandSpec> All(Surroundings surroundings) =>
    [
        new CommandSpec
        {
            Name = "get",
            Arguments = [("KEY", "text, or hexadecimal with -hex")],
            Summary = "Prints the value of a key and a newline. The read is linearizable: it sees every write that "
                + "was acknowledged before it began. A key that does not exist is exit code 1.",
            Flags = [.. Surroundings.ClusterFlags, Surroundings.HexFlag],
            Examples =
            [
                new("Client get greeting", "print it"),
                new("Client get greeting -servers :11000,:11001,:11002 -o json", "for programs"),
                new("Client get -hex 00ff", "a key that is no text"),
            ],
            Run = invocation => RunAsync(surroundings, invocation, keys => keys.GetAsync(invocation.Arguments[0])),
        },
        new CommandSpec
        {
            Name = "set",
            Arguments = [("KEY", "text, or hexadecimal with -hex"), ("VALUE", "the same")],
            Summary = "Sets a key. If the answer is lost the outcome is unknown: the command says so, exit code 1, "
                + "and never sends the write again by itself. Read the key to see.",
            Flags = [.. Surroundings.ClusterFlags, Surroundings.HexFlag],
            Examples =
            [
                new("Client set greeting hello", "write it"),
                new("Client set greeting 'good morning' -o json", "for programs: prints the index in the log"),
                new("Client set -- -key -value", "behind -- nothing is a flag"),
            ],
            Run = invocation => RunAsync(
                surroundings, invocation, keys => keys.SetAsync(invocation.Arguments[0], invocation.Arguments[1])),
        },
        new CommandSpec
        {
            Name = "delete",
            Arguments = [("KEY", "text, or hexadecimal with -hex")],
            Summary = "Removes a key. Removing one that does not exist succeeds.",
            Flags = [.. Surroundings.ClusterFlags, Surroundings.HexFlag],
            Examples = [new("Client delete greeting", "remove it")],
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
