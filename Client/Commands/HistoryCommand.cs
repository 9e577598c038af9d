using System.Globalization;
using System.Text.Json.Nodes;
using Chorus.Client.CommandLine;
using Chorus.Client.History;
using Chorus.Client.Measure;
using Chorus.Client.Report;
using Chorus.Client.Settings;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;

namespace Chorus.Client.Commands;

/// <summary><c>history</c>: notes what contending callers ask and are told, for a check of linearizability.</summary>
internal static class HistoryCommand
{
    public static CommandSpec Of(Surroundings surroundings) => new()
    {
        Name = "history",
        Summary = "Several callers read, set, compare-and-set, delete and increment a few keys at once, and what each "
            + "was told is written to a file, for 'scripts/simulate --history FILE' to check that it is "
            + "linearizable. In the end every key is read once more, so a write that is lost contradicts the rest. "
            + "Ends early, and in the same way, at Ctrl-C. Exit code 1 when a caller saw an error.",
        Flags =
        [
            new FlagSpec("out", "FILE", "where the history goes"),
            new FlagSpec("time", "SECONDS", "length (default 10)"),
            new FlagSpec("clients", "N", "callers, one operation outstanding each (default 8)"),
            new FlagSpec("conns", "N", "connections that they share, each with a session (default 4)"),
            new FlagSpec("keys", "N", "keys at a time; a quarter of them are counters (default 8)"),
            new FlagSpec("perkey", "N", "operations on a key before another takes its place (default 150)"),
            new FlagSpec("rate", "N", "operations in a second, at most (default 200)"),
            new FlagSpec("seed", "N", "fixes which caller does what to which key (default 1)"),
            .. ReadChoice.Flags,
            .. Surroundings.ClusterFlags,
        ],
        Examples =
        [
            new("Client history -out history.txt -time 30", "contend for 30 s"),
            new("scripts/simulate --history history.txt", "check it"),
        ],
        Run = invocation => RunAsync(surroundings, invocation),
    };

    private static async Task<int> RunAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        string path = Path.Combine(surroundings.Terminal.Folder, invocation.Require("out"));
        HistoryPlan plan = PlanOf(invocation);
        ReadChoice choice = ReadChoice.Of(invocation);
        if (choice.Mode == ReadMode.Stale)
        {
            throw ChorusException.Usage(
                "-reads: a stale read may be old, so no history with one can be judged", "Leave it out.");
        }
        List<ClusterAccess> connections = [];
        int count = (int)invocation.Number("conns", 4, 1, LoadSettingSpecs.ConnectionsMax);
        for (int i = 0; i < Math.Min(count, plan.Callers); i++)
        {
            // What is under way when it is told to end is waited for.
            connections.Add(surroundings.Connect(
                surroundings.Servers(invocation), Surroundings.Timeout(invocation), false, true,
                choice, default));
        }
        var run = new HistoryRun(plan, connections);
        await run.RunAsync(invocation.Stop).ConfigureAwait(false);
        HistoryFile.Write(path, run.Entries);
        foreach (ClusterAccess connection in connections)
            await connection.DisposeAsync().ConfigureAwait(false);
        answer.Tell(Text(run), () => Node(run));
        int failures = run.Failures.Values.Sum();
        return failures == 0 ? ExitCodes.Ok : answer.Fail(ChorusException.Failed(
            "errors_seen", $"{failures} operations failed, {run.Unread} keys could not be read in the end",
            "The history is whole all the same"));
    }

    private static HistoryPlan PlanOf(Invocation invocation) => new()
    {
        Callers = (int)invocation.Number("clients", 8, 1, LoadSettingSpecs.ClientsMax),
        Keys = (int)invocation.Number("keys", 8, 1, 1e6),
        OperationsPerKey = (int)invocation.Number("perkey", 150, 1, 1e6),
        RatePerSec = invocation.Number("rate", 200, 0.1, 1e6),
        TimeSec = invocation.Number("time", 10, 0, 1e6),
        Seed = (ulong)invocation.Number("seed", 1, 0, 1e15),
        Prefix = string.Create(CultureInfo.InvariantCulture, $"history/{Random.Shared.NextInt64():x}/"),
    };

    private static string Errors(HistoryRun run) => string.Join(
        ", ", run.Failures.OrderBy(one => one.Key).Select(one => $"{Units.Count(one.Value)} {CodeNames.Of(one.Key)}"));

    private static string Text(HistoryRun run) =>
        $"{Units.Count(run.Entries.Count)} operations on {Units.Count(run.KeyCount)} keys, "
            + (run.Failures.Count == 0 ? "no error seen" : Errors(run));

    private static JsonObject Node(HistoryRun run) => new()
    {
        ["operations"] = run.Entries.Count,
        ["keys"] = run.KeyCount,
        ["unread"] = run.Unread,
        ["errors"] = new JsonObject(run.Failures.OrderBy(one => one.Key).Select(
            one => KeyValuePair.Create(CodeNames.Of(one.Key), (JsonNode?)one.Value))),
    };
}
