using System.Globalization;
using System.Text.Json.Nodes;
using Chorus.Client.CommandLine;
using Chorus.Client.Report;
using Chorus.Common.Backup;
using Chorus.Common.Hosting;
using Chorus.Common.Messaging;
using Chorus.Common.Replica;
using Chorus.Raft;
using Status = Chorus.Common.Protocol.Status;

namespace Chorus.Client.Commands;

/// <summary><c>backup</c>: a copy of a cluster's data, taken while it works.</summary>
internal static class BackupCommand
{
    public static CommandSpec Of(Surroundings surroundings) => new()
    {
        Name = "backup",
        Summary = "Copies the cluster's data into a directory while the cluster works: a snapshot and the log behind "
            + "it, or, where the directory holds an earlier backup, only what has come since. Then makes the state of "
            + "what is on the disk and compares it with the replicas'. Exit code 4 when it differs, 5 when something "
            + "is damaged.",
        Flags =
        [
            new FlagSpec("out", "DIR", "the backup: a new directory, or an earlier backup of the same cluster"),
            new FlagSpec(
                "recov", "HOST:PORT,...",
                "transfer addresses (-hrecov) of replicas or loggers to copy from (default: all members)"),
            .. Surroundings.ClusterFlags,
        ],
        Examples =
        [
            new("Client backup -out /backup/kv", "all of it; the next time what has come since"),
            new("Client backup -out /backup/kv -recov :14003", "from a logger, at no cost for the replicas"),
        ],
        Run = invocation => RunAsync(surroundings, invocation),
    };

    private static async Task<int> RunAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        string directory = Path.Combine(surroundings.Terminal.Folder, invocation.Require("out"));
        IReadOnlyList<HostEndpoint> sources = invocation.Get("recov") is { } named
            ? HostEndpoint.ParseList(named, "-recov")
            : await MembersAsync(surroundings, invocation).ConfigureAwait(false);
        var options = new BackupOptions
        {
            Sources = sources,
            Servers = invocation.Get("servers") is { } servers ? HostEndpoint.ParseList(servers, "-servers") : [],
            Directory = directory,
        };
        using var context = new ZmqContext();
        BackupResult result = new BackupRun(options, invocation.Stop).Run(context);
        answer.Tell(Text(result, directory), () => Node(result));
        return result.IsEqual is not false ? ExitCodes.Ok : answer.Fail(new ChorusException(
            ExitCodes.CheckFailed, "divergence",
            $"the state of the backup has digest {result.Digest}, the replicas' has {result.Comparison.Digest}",
            "Keep the backup and the replicas' data for study, and report it; do not rely on this backup"));
    }

    private static async Task<IReadOnlyList<HostEndpoint>> MembersAsync(
        Surroundings surroundings, Invocation invocation)
    {
        await using ClusterAccess cluster = surroundings.Open(invocation);
        IReadOnlyList<string> servers = surroundings.Servers(invocation);
        foreach (string server in servers)
        {
            Status? status = await cluster.Status(server).ConfigureAwait(false);
            if (status is null)
                continue;
            return
            [
                .. status.Members.Select(member => MemberAddresses.TransferOf(member.Member))
                    .Where(address => address.Length > 0).Select(address => HostEndpoint.Parse(address, "-recov")),
            ];
        }
        throw new ChorusException(
            ExitCodes.Unreachable, "unreachable", $"no server answers at {string.Join(", ", servers)}",
            "Start one, or name others with -servers; or name what to copy from with -recov");
    }

    private static string Text(BackupResult result, string directory)
    {
        string what = result.FetchedSnapshot > LogIndex.Zero
            ? $"snapshot of index {result.FetchedSnapshot}, "
            : result.IsIncremental ? "continued, " : "";
        string records = result.From > result.Last
            ? "no new records"
            : $"records {result.From} to {result.Last}";
        string verdict = result.IsEqual switch
        {
            true => $"verified: its state equals that of {string.Join(", ", result.Comparison.Replicas)}",
            false => "DIFFERENT from the replicas' state",
            null => "replayed, not compared: " + (result.Comparison.WhyNot.Length > 0
                ? result.Comparison.WhyNot
                : $"no replica told its digest at index {result.Last}"),
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{directory}: {what}{records}, {Units.Count(result.Bytes)} bytes\n"
                + $"index {result.Last}, {Units.Count(result.State.Store.Count)} keys, digest {result.Digest}\n"
                + $"{verdict}");
    }

    private static JsonObject Node(BackupResult result) => new()
    {
        ["cluster"] = result.ClusterId.ToString(),
        ["snapshot"] = result.FetchedSnapshot.Value,
        ["from"] = result.From.Value,
        ["index"] = result.Last.Value,
        ["bytes"] = result.Bytes,
        ["incremental"] = result.IsIncremental,
        ["keys"] = result.State.Store.Count,
        ["digest"] = result.Digest,
        ["equal"] = result.IsEqual,
        ["why_not_compared"] = result.IsEqual is null ? result.Comparison.WhyNot : null,
    };
}
