using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Chorus.Client.CommandLine;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;
using Action = Chorus.Common.Protocol.MemberChange.Types.Action;

namespace Chorus.Client.Commands;

/// <summary><c>members list</c> and the commands that change the members.</summary>
internal static class MemberCommands
{
    private const string IdMeaning = "name of the member; several, separated by commas, change together or not at all";

    public static IEnumerable<CommandSpec> All(Surroundings surroundings) =>
    [
        new CommandSpec
        {
            Name = "members list",
            Summary = "Shows the members as their leader knows them: what each is, whether it answers, how far it is "
                + "behind, and what a learner waits for before it votes.",
            Flags = Surroundings.ClusterFlags,
            Examples =
            [
                new("Client members list", "one table"),
                new("Client members list -servers :11001 -o json", "the same through another member"),
            ],
            Run = invocation => ListAsync(surroundings, invocation),
        },
        new CommandSpec
        {
            Name = "members add",
            Arguments = [("ID", "name of the new node"), ("ADDRESS", "host:port of its -raft")],
            Summary = "Names a node before it is started. It is a learner when it comes with -join, and votes when it "
                + "has caught up. A node that comes with -join without this is added by itself.",
            Flags = Surroundings.ClusterFlags,
            Examples = [new("Client members add node3 127.0.0.1:12003", "node3 may come")],
            Run = invocation => AddAsync(surroundings, invocation),
        },
        Command(surroundings, "remove", Action.Remove,
            "Takes members out of the cluster. A leader hands over first. The quorum shrinks with each voter.",
            new("Client members remove node2", "node2 leaves"),
            new("Client members remove node3,node4", "both leave in one step")),
        Command(surroundings, "replace", Action.Replace,
            "Gives the place of a member whose data is lost to the node that next comes with -join under its name and "
                + "an empty data directory. It catches up before it votes.",
            new CommandExample("Client members replace node2", "then start node2 again with -join")),
        Command(surroundings, "promote", Action.Promote,
            "Lets learners vote that were demoted: at once, or as soon as they have caught up.",
            new CommandExample("Client members promote node2", "node2 votes again")),
        Command(surroundings, "demote", Action.Demote,
            "Makes voters learners: they have all data and no vote, until they are promoted.",
            new CommandExample("Client members demote node2", "node2 no longer counts")),
    ];

    private static CommandSpec Command(
        Surroundings surroundings, string name, Action action, string summary,
        params CommandExample[] examples) => new()
        {
            Name = $"members {name}",
            Arguments = [("ID", IdMeaning)],
            Summary = summary,
            Flags = Surroundings.ClusterFlags,
            Examples = examples,
            Run = invocation => ChangeAsync(
                surroundings, invocation, invocation.Arguments[0].Split(',', StringSplitOptions.TrimEntries)
                    .Select(id => new MemberChange { Action = action, Id = id })),
        };

    private static Task<int> AddAsync(Surroundings surroundings, Invocation invocation)
    {
        string address = invocation.Arguments[1];
        if (!HostEndpoint.TryParse(address, out HostEndpoint endpoint, out string error))
            throw ChorusException.Usage($"ADDRESS: {error}", "Name host:port of the node's -raft.");
        MemberChange change = new() { Action = Action.Add, Id = invocation.Arguments[0], PeerAddress = $"{endpoint}" };
        return ChangeAsync(surroundings, invocation, [change]);
    }

    private static async Task<int> ChangeAsync(
        Surroundings surroundings, Invocation invocation, IEnumerable<MemberChange> changes)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        await using ClusterAccess cluster = surroundings.Open(invocation);
        ClientResult result = await cluster.ChangeMembers([.. changes]).ConfigureAwait(false);
        if (result.Code != Code.Ok)
            return answer.FailUnlessOk(result);
        string members = Encoding.UTF8.GetString(result.Payload.Span);
        answer.Tell($"members are {members}", () => new JsonObject { ["members"] = members });
        return ExitCodes.Ok;
    }

    private static async Task<int> ListAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        await using ClusterAccess cluster = surroundings.Open(invocation);
        IReadOnlyList<string> servers = surroundings.Servers(invocation);
        ClusterStatus status = await ClusterStatus.AskAsync(cluster.Status, servers, only: false).ConfigureAwait(false);
        if (status.Leader?.Status is not { } leader)
        {
            return answer.Fail(new ChorusException(
                ExitCodes.Unreachable, "no_leader", $"no leader was found through {string.Join(", ", servers)}",
                "A majority of the voters must run and reach each other; Client status shows who answers."));
        }
        answer.Tell(Table(leader), () => new JsonObject
        {
            ["leader"] = leader.Id,
            ["configuration_index"] = leader.ConfigurationIndex,
            ["members"] = new JsonArray([.. leader.Members.Select(member => StatusReport.Node(member))]),
        });
        return ExitCodes.Ok;
    }

    private static string Table(Status leader)
    {
        TextTable table = new("ID", "KIND", "ANSWERS", "LAG", "RAFT", "CLIENTS", "REMARK");
        foreach (MemberStatus member in leader.Members)
        {
            string remark = member.Member.Id == leader.Id ? "leads"
                : member.Leaving ? "is leaving"
                : member.WaitsFor.Length > 0 ? $"waits: {member.WaitsFor}" : "";
            table.Add(
                member.Member.Id, member.Member.Kind.ToString().ToLowerInvariant(),
                member.RecentlyActive ? "yes" : "no",
                member.LagEntries.ToString(CultureInfo.InvariantCulture), member.Member.PeerAddress,
                member.Member.ClientAddress.Length > 0 ? member.Member.ClientAddress : "-", remark);
        }
        return table.ToString();
    }
}
