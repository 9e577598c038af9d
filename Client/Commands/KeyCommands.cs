using Chorus.Client.CommandLine;

namespace Chorus.Client.Commands;

/// <summary><c>get</c>, <c>set</c>, <c>delete</c>, <c>cas</c> and <c>incr</c>.</summary>
internal static class KeyCommands
{
    public static IEnumerable<CommandSpec> All(Surroundings surroundings) =>
    [
        new CommandSpec
        {
            Name = "get",
            Arguments = [("KEY", "text, or hexadecimal with -hex")],
            Summary = "Prints the value of a key and a newline. The read is linearizable: it sees every write that "
                + "was acknowledged before it began, unless it is asked for as stale. A key that does not exist is "
                + "exit code 1.",
            Flags = [.. Surroundings.ClusterFlags, .. ReadChoice.Flags, Surroundings.HexFlag],
            Examples =
            [
                new("Client get greeting", "print it"),
                new("Client get greeting -servers :11000,:11001,:11002 -o json", "for programs"),
                new("Client get -hex 00ff", "a key that is no text"),
                new("Client get greeting -from :11001", "ask a follower, linearizably"),
                new("Client get greeting -from :11001 -reads stale", "what that one has applied, however old"),
            ],
            Run = invocation => RunAsync(surroundings, invocation, keys => keys.GetAsync(invocation.Arguments[0])),
        },
        new CommandSpec
        {
            Name = "set",
            Arguments = [("KEY", "text, or hexadecimal with -hex"), ("VALUE", "the same")],
            Summary = "Sets a key. If no answer comes, the write is sent again in its session, and applied once all "
                + "the same. Where that cannot tell, the outcome is unknown: the command says so, exit code 1. Read "
                + "the key to see.",
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
        new CommandSpec
        {
            Name = "cas",
            Arguments =
            [
                ("KEY", "text, or hexadecimal with -hex"), ("EXPECTED", "what must stand there, likewise"),
                ("VALUE", "what to set, likewise"),
            ],
            Summary = "Compare and set: sets a key if its value is the expected one, and with -new if it has none. "
                + "Otherwise nothing changes: exit code 1, and what stands there.",
            Flags =
            [
                .. Surroundings.ClusterFlags, Surroundings.HexFlag,
                new("new", null, "there must be no such key; EXPECTED is not looked at"),
            ],
            Examples =
            [
                new("Client cas leader alice bob", "bob follows alice, unless somebody else did"),
                new("Client cas leader '' alice -new", "the first one wins"),
            ],
            Run = invocation => RunAsync(surroundings, invocation, keys => keys.CompareAndSetAsync(
                invocation.Arguments[0], invocation.Has("new") ? null : invocation.Arguments[1],
                invocation.Arguments[2])),
        },
        new CommandSpec
        {
            Name = "incr",
            Arguments = [("KEY", "text, or hexadecimal with -hex"), ("DELTA", "what to add; 1 where it is left out")],
            IsLastOptional = true,
            Summary = "Adds to a number in decimal, 64 bits, none counting as 0, and prints the sum. Applied once, "
                + "even if it must be sent again.",
            Flags = [.. Surroundings.ClusterFlags, Surroundings.HexFlag],
            Examples =
            [
                new("Client incr visits", "one more"),
                new("Client incr stock 10", "ten more"),
                new("Client incr stock -- -10", "ten less: behind -- nothing is a flag"),
            ],
            Run = invocation => RunAsync(surroundings, invocation, keys => keys.IncrementAsync(
                invocation.Arguments[0], invocation.Arguments[1] is { Length: > 0 } delta ? delta : "1")),
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
