using System.Globalization;
using System.Text.Json.Nodes;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;

namespace Chorus.Client.Commands;

/// <summary>Asks for the state of a cluster and prints it, the same on the command line and in the REPL.</summary>
internal static class StatusReport
{
    public static async Task<int> RunAsync(
        ClusterAccess cluster, Answer answer, IReadOnlyList<string> servers, bool only)
    {
        ClusterStatus status = await ClusterStatus.AskAsync(cluster.Status, servers, only).ConfigureAwait(false);
        if (!status.Answered.Any())
            return answer.Fail(new ChorusException(
                ExitCodes.Unreachable, "unreachable", $"nobody answers at {string.Join(", ", servers)}",
                "Start the replicas, or name others with -servers host:port,..."));
        if (!only)
            status = status with
            {
                Loggers = await LoggerStatus.AskAsync(
                    cluster, status.ObserverAddresses, status.Answered.First().Status!.ClusterId).ConfigureAwait(false),
            };
        answer.Tell(Table(status), () => Node(status));
        if (status.Divergence is (NodeStatus one, NodeStatus other))
            return answer.Fail(new ChorusException(
                ExitCodes.CheckFailed, "states_differ",
                $"{one.Id} and {other.Id} applied index {one.Status!.AppliedIndex} and hold different states",
                "Stop both, keep their data directories, and report it."));
        bool hasLeader = status.Answered.Any(node => node.Status!.Leader.Length > 0);
        return hasLeader || only ? ExitCodes.Ok : answer.Fail(new ChorusException(
            ExitCodes.Unreachable, "no_leader", "the cluster has no leader at the moment",
            "A majority of the voters must run and reach each other: start those that do not answer."));
    }

    private static string Table(ClusterStatus status)
    {
        TextTable table = new(
            "ID", "ROLE", "TERM", "COMMIT", "APPLIED", "LAST", "LAG", "LAG BYTES", "LAG S", "DIGEST", "LOG", "ADDRESS");
        foreach (NodeStatus node in status.Nodes.OrderBy(node => node.Id ?? "~", StringComparer.Ordinal))
        {
            (string lag, string bytes, string seconds) = LagText(status, node);
            if (node.Status is not { } state)
                table.Add(
                    node.Id ?? "?", "no answer", "-", "-", "-", "-", lag, bytes, seconds, "-", "-", node.Address);
            else
                table.Add(
                    state.Id, Role(status, node), Text(state.Term), Text(state.CommitIndex), Text(state.AppliedIndex),
                    Text(state.LastIndex), lag, bytes, seconds, state.Digest, Log(state), node.Address);
        }
        foreach (MemberStatus observer in status.Observers)
        {
            bool isKnown = observer.MatchIndex > 0 || observer.RecentlyActive;
            string role = observer.RecentlyActive ? "observer" : "observer, silent";
            table.Add(
                observer.Member.Id, role, "-", "-", "-", isKnown ? Text(observer.MatchIndex) : "-",
                Text(observer.LagEntries), Text(observer.LagBytes), Seconds(observer), "-", "-",
                observer.Member.PeerAddress);
        }
        return string.Join(
            '\n', [table.ToString(), .. Waiting(status), .. Repairs(status), .. LoggerStatus.Lines(status.Loggers)]);
    }

    private static IEnumerable<string> Waiting(ClusterStatus status) =>
        from member in status.Leader?.Status?.Members ?? []
        where member.Leaving || member.WaitsFor.Length > 0
        select member.Leaving
            ? $"{member.Member.Id} is leaving"
            : $"{member.Member.Id} does not vote yet: {member.WaitsFor}";

    private static IEnumerable<string> Repairs(ClusterStatus status) =>
        from node in status.Answered
        where node.Status!.Repair.Length > 0
        select $"{node.Status!.Id}: {node.Status.Repair}";

    private static string Role(ClusterStatus status, NodeStatus node) =>
        status.ProgressOf(node) is { Member.Kind: Member.Types.Kind.Learner }
            ? "learner" : node.Status!.Role.ToLowerInvariant();

    private static string Log(Status state) =>
        state.DiskFull ? "disk full" : state.Durable ? "durable" : "in memory";

    private static ulong? Lag(ClusterStatus status, NodeStatus node) =>
        node == status.Leader ? 0 : status.ProgressOf(node)?.LagEntries;

    private static (string Entries, string Bytes, string Seconds) LagText(ClusterStatus status, NodeStatus node)
    {
        if (node == status.Leader)
            return ("0", "0", "0.000");
        return status.ProgressOf(node) is { } member
            ? (Text(member.LagEntries), Text(member.LagBytes), Seconds(member))
            : ("-", "-", "-");
    }

    private static string Seconds(MemberStatus member) => member is { LagEntries: > 0, LagMs: 0 }
        ? "-"
        : (member.LagMs / 1e3).ToString("0.000", CultureInfo.InvariantCulture);

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static JsonObject Node(ClusterStatus status) => new()
    {
        ["nodes"] = new JsonArray([.. status.Nodes.Select(node => Node(status, node))]),
        ["leader"] = status.Leader?.Id,
        ["loggers"] = LoggerStatus.Node(status.Loggers),
    };

    private static JsonObject Node(ClusterStatus status, NodeStatus node)
    {
        JsonObject json = new() { ["id"] = node.Id, ["address"] = node.Address, ["answers"] = node.Status is not null };
        if (Lag(status, node) is { } lag)
            json["lag_entries"] = lag;
        if (node.Status is not { } state)
            return json;
        json["role"] = state.Role.ToLowerInvariant();
        json["term"] = state.Term;
        json["leader"] = state.Leader;
        json["commit_index"] = state.CommitIndex;
        json["applied_index"] = state.AppliedIndex;
        json["last_index"] = state.LastIndex;
        json["durable_index"] = state.DurableIndex;
        json["digest"] = state.Digest;
        json["sessions"] = state.Sessions;
        json["session_digest"] = state.SessionDigest;
        json["durable"] = state.Durable;
        json["disk_full"] = state.DiskFull;
        json["repair"] = state.Repair;
        json["cluster_id"] = Convert.ToHexStringLower(state.ClusterId.Span);
        json["incarnation"] = state.Incarnation.ToString("x16", CultureInfo.InvariantCulture);
        json["configuration_index"] = state.ConfigurationIndex;
        json["version"] = state.Version;
        json["uptime_s"] = state.UptimeS;
        json["transfer_address"] = state.TransferAddress;
        json["feed_address"] = state.FeedAddress;
        json["state_base"] = state.StateBase;
        json["members"] = new JsonArray([.. state.Members.Select(Node)]);
        json["counters"] = new JsonObject(state.Counters.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));
        return json;
    }

    /// <summary>A member as its leader knows it.</summary>
    public static JsonObject Node(MemberStatus member) => new()
    {
        ["id"] = member.Member.Id,
        ["kind"] = member.Member.Kind.ToString().ToLowerInvariant(),
        ["peer_address"] = member.Member.PeerAddress,
        ["client_address"] = member.Member.ClientAddress,
        ["transfer_address"] = member.Member.TransferAddress,
        ["feed_address"] = member.Member.FeedAddress,
        ["match_index"] = member.MatchIndex,
        ["lag_entries"] = member.LagEntries,
        ["lag_bytes"] = member.LagBytes,
        ["lag_ms"] = member.LagMs,
        ["recently_active"] = member.RecentlyActive,
        ["held"] = member.Member.Held,
        ["waits_for"] = member.WaitsFor,
        ["leaving"] = member.Leaving,
    };
}
