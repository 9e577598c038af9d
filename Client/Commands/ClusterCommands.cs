using System.Text.Json.Nodes;
using Chorus.Client.CommandLine;
using Chorus.Common.Client;
using Chorus.Common.Hosting;

namespace Chorus.Client.Commands;

/// <summary><c>status</c> and <c>members remove</c>.</summary>
internal static class ClusterCommands
{
    public static IEnumerable<Command> All(Surroundings surroundings) =>
    [
        new Command
        {
            Name = "status",
            Summary = "Shows all members: role, term, indexes, lag, digest of the state.",
            Flags =
            [
                .. Surroundings.ClusterFlags,
                new FlagSpec("only", null, "ask only the named servers, not the members that they know of"),
            ],
            Examples =
            [
                "Client status",
                "Client status -servers :11001 -o json",
                "Client status -servers :11001 -only -timeout 1",
            ],
            Remarks = "LAG is in entries, as the leader sees it. States of the same APPLIED index must have the same\n"
                + "DIGEST; if not, the exit code is 4. LOG 'in memory' means: nothing survives a restart.",
            Run = invocation => StatusAsync(surroundings, invocation),
        },
        new Command
        {
            Name = "members remove",
            Arguments = ["ID"],
            Summary = "Takes a member out of the cluster.",
            Flags = Surroundings.ClusterFlags,
            Examples = ["Client members remove node2"],
            Remarks = "The quorum shrinks with the cluster. A removed node does not come back under its old data.",
            Run = invocation => RemoveAsync(surroundings, invocation),
        },
    ];

    private static async Task<int> StatusAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        await using ClusterAccess cluster = surroundings.Open(invocation);
        return await StatusReport.RunAsync(
            cluster, answer, surroundings.Servers(invocation), invocation.Has("only")).ConfigureAwait(false);
    }

    private static async Task<int> RemoveAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        await using ClusterAccess cluster = surroundings.Open(invocation);
        string id = invocation.Arguments[0];
        ClientResult result = await cluster.RemoveMember(id).ConfigureAwait(false);
        if (!result.IsSuccess)
            return answer.Fail(result);
        answer.Tell($"{id} is no longer a member", () => new JsonObject { ["id"] = id, ["index"] = result.Index });
        return ExitCodes.Ok;
    }
}
