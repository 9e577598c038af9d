using System.Text;
using System.Text.Json.Nodes;
using Chorus.Client.CommandLine;
using Chorus.Common.Client;
using Chorus.Common.Hosting;

namespace Chorus.Client.Commands;

/// <summary><c>status</c> and <c>transfer-leader</c>.</summary>
internal static class ClusterCommands
{
    public static IEnumerable<CommandSpec> All(Surroundings surroundings) =>
    [
        new CommandSpec
        {
            Name = "status",
            Summary = "Shows all members: role, term, indexes, lag, digest of the state. LAG is in entries, as the "
                + "leader sees it. States of the same APPLIED index must have the same DIGEST; if not, the exit code "
                + "is 4. LOG 'in memory' means that nothing survives a restart. Loggers say below whom they follow "
                + "and, since they began, how many gaps they found in what came live, how many records they fetched, "
                + "how often they left a source for cause.",
            Flags =
            [
                .. Surroundings.ClusterFlags,
                new FlagSpec("recov", "HOST:PORT,...", "ask only loggers, at their transfer addresses (-hrecov)"),
                new FlagSpec("only", null, "ask only the named servers, not the members that they know of"),
            ],
            Examples =
            [
                new("Client status", "one table of all members"),
                new("Client status -servers :11001 -o json", "everything that they say of themselves"),
                new("Client status -servers :11001 -only -timeout 1", "one replica alone"),
                new("Client status -recov :14003", "a logger alone"),
            ],
            Run = invocation => StatusAsync(surroundings, invocation),
        },
        new CommandSpec
        {
            Name = "transfer-leader",
            Arguments = [("ID", "name of the voter that is to lead; without it, the one with most of the log")],
            IsLastOptional = true,
            Summary = "Has another voter lead, without waiting for an election. Writes wait for a moment, none is "
                + "lost.",
            Flags = Surroundings.ClusterFlags,
            Examples =
            [
                new("Client transfer-leader node1", "node1 leads"),
                new("Client transfer-leader", "somebody else leads"),
            ],
            Run = invocation => TransferAsync(surroundings, invocation),
        },
    ];

    private static async Task<int> StatusAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        await using ClusterAccess cluster = surroundings.Open(invocation);
        if (invocation.Get("recov") is { } named)
        {
            string[] addresses = [.. HostEndpoint.ParseList(named, "-recov").Select(at => at.ToString())];
            return await LoggerStatus.RunAsync(cluster, answer, addresses).ConfigureAwait(false);
        }
        return await StatusReport.RunAsync(
            cluster, answer, surroundings.Servers(invocation), invocation.Has("only")).ConfigureAwait(false);
    }

    private static async Task<int> TransferAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        await using ClusterAccess cluster = surroundings.Open(invocation);
        ClientResult result = await cluster.TransferLeadership(invocation.Arguments[0]).ConfigureAwait(false);
        if (!result.IsSuccess)
            return answer.Fail(result);
        string leader = Encoding.UTF8.GetString(result.Payload.Span);
        answer.Tell($"{leader} leads", () => new JsonObject { ["leader"] = leader });
        return ExitCodes.Ok;
    }
}
