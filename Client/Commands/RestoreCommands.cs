using System.Globalization;
using System.Text.Json.Nodes;
using Chorus.Client.CommandLine;
using Chorus.Client.Report;
using Chorus.Common.Backup;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Client.Commands;

/// <summary><c>restore</c>, and the one for when a majority is lost: <c>force-recovery</c>.</summary>
internal static class RestoreCommands
{
    private const string Consent = "i-accept-data-loss";

    private static readonly FlagSpec[] Shared =
    [
        new("data", "DIR", "the data directory to make: a new or an empty one"),
        new("id", "NAME", "name of the node that is to start from it"),
        new("port", "HOST:PORT", "its client address, as it will be given to it (default :11000)"),
        new("raft", "HOST:PORT", "its peer address (default :12000)"),
        new("hrecov", "HOST:PORT", "its transfer address (default: the port of -raft + 2000)"),
        new("feed", "HOST:PORT", "where it publishes (default: the port of -raft + 4000)"),
        new("dry-run", null, "read and verify everything, say what would be made, and make nothing"),
        Surroundings.OutputFlag,
    ];

    public static IEnumerable<CommandSpec> All(Surroundings surroundings) =>
    [
        new CommandSpec
        {
            Name = "restore",
            Arguments =
                [("BACKUP", "what Client backup made, or the folder of a logger")],
            Summary = "Makes the data directory of the first node of a NEW cluster out of a backup: its own cluster "
                + "id, one member. Start that node with -hjoin, and further ones with -join. Nothing that stands in a "
                + "directory is overwritten.",
            Flags = [.. Shared, new FlagSpec("to", "INDEX", "last index whose effect is wanted (default: all of it)")],
            Examples =
            [
                new("Client restore /backup/kv -data data/node0 -id node0 -dry-run", "verify it first"),
                new("Client restore /backup/kv -data data/node0 -id node0", "make it"),
                new("Client restore /backup/kv -data data/node0 -id node0 -to 4711", "as it was at index 4711"),
            ],
            Run = invocation => Task.FromResult(Run(surroundings, invocation, isForced: false)),
        },
        new CommandSpec
        {
            Name = "force-recovery",
            Arguments = [("SURVIVOR", "data directory of a stopped replica: the one whose log goes furthest")],
            Summary = "FOR WHEN A MAJORITY OF THE VOTERS IS LOST FOR GOOD, and never otherwise: makes a NEW cluster of "
                + "what one surviving replica has. Whatever the lost ones had acknowledged and this one has not is "
                + "LOST; writes that were never acknowledged may appear. Never start the old members again beside it: "
                + "they would go on as another cluster. Needs -" + Consent + ".",
            Flags = [.. Shared, new FlagSpec(Consent, null, "do it, knowing that acknowledged writes may be lost")],
            Examples =
            [
                new("Client force-recovery data/node2 -data data/new0 -id new0 -dry-run", "see what the survivor has"),
                new($"Client force-recovery data/node2 -data data/new0 -id new0 -{Consent}", "go on with it"),
            ],
            Run = invocation => Task.FromResult(Run(surroundings, invocation, isForced: true)),
        },
    ];

    private static int Run(Surroundings surroundings, Invocation invocation, bool isForced)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        bool isDry = invocation.Has("dry-run");
        // From the command line alone: nobody agrees to this once and for all.
        if (isForced && !isDry && !invocation.Flags.ContainsKey(Consent))
        {
            throw ChorusException.Usage(
                "acknowledged writes may be lost by this, and nothing was done",
                $"Look first with -dry-run; try to bring a majority back; then give -{Consent}");
        }
        string folder = surroundings.Terminal.Folder;
        string source = Path.Combine(folder, invocation.Arguments[0]);
        string data = Path.Combine(folder, invocation.Require("data"));
        Member founder = Founder(invocation);
        DataDirectoryWriter.RefuseUsed(data, "-data");
        using NodeDirectory? survivor = isForced ? Lock(source) : null;
        if (!isForced)
            RefuseReplica(source);
        ReplayedState state = StateReplay.Run(source, To(invocation), withUncommitted: isForced, invocation.Stop);
        Guid? clusterId = isDry ? null : RestoredDirectory.Create(data, founder, state);
        answer.Tell(
            Text(state, founder, data, clusterId),
            () => Node(state, founder, clusterId));
        return ExitCodes.Ok;
    }

    // Nobody goes on writing there meanwhile, or afterwards by mistake: its process must be gone.
    private static NodeDirectory? Lock(string source) =>
        LogFolder.Open(source).Identity is { } identity
            ? NodeDirectory.Open(source, identity.NodeId, identity.IsObserver)
            : null;

    // What of its log is committed a replica knows only together with the others.
    private static void RefuseReplica(string source)
    {
        LogFolder folder = LogFolder.Open(source);
        if (folder.Identity is { IsObserver: true })
            return;
        throw ChorusException.Failed(
            "not_a_backup",
            $"{folder.Location} is the data directory of a replica: which of its records are committed only its "
                + "cluster can tell",
            "Start the replica and make a backup (Client backup); where a majority is lost for good, see "
                + "Client force-recovery -help");
    }

    private static Member Founder(Invocation invocation)
    {
        string id = invocation.Require("id");
        if (!NodeId.IsValid(id))
            throw ChorusException.Usage($"-id: '{id}' is no name", "Use letters, digits, '-', '_' and '.'");
        HostEndpoint peer = HostEndpoint.Parse(invocation.Get("raft") ?? ":12000", "-raft");
        HostEndpoint client = HostEndpoint.Parse(invocation.Get("port") ?? ":11000", "-port");
        return new Member(
            new NodeId(id), 0, MemberKind.Voter, peer.ToString(), client.ToString(),
            TransferAddress: Address("hrecov"), FeedAddress: Address("feed"));

        string Address(string flag) =>
            invocation.Get(flag) is { } text ? HostEndpoint.Parse(text, "-" + flag).ToString() : "";
    }

    private static LogIndex? To(Invocation invocation)
    {
        if (invocation.Get("to") is not { } text)
            return null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong index) && index > 0
            ? new LogIndex(index)
            : throw ChorusException.Usage($"-to: '{text}' is no index", "Write a number from 1 on");
    }

    private static string Text(ReplayedState state, Member founder, string data, Guid? clusterId)
    {
        string begin = state.Snapshot > LogIndex.Zero
            ? $"snapshot of index {state.Snapshot} and {Units.Count(state.Records)} records behind it"
            : $"{Units.Count(state.Records)} records";
        string notes = string.Concat(state.Notes.Select(note => $"passed over: {note}\n"));
        string left = state.LeftOut > 0
            ? $"{Units.Count(state.LeftOut)} records behind it were left out\n"
            : "";
        string made = clusterId is { } id
            ? $"{data}: cluster {id}, member {founder.Id}\nstart it: Kvstore -id {founder.Id} "
                + $"-port {founder.ClientAddress} -raft {founder.PeerAddress} -data {data} -hjoin :13000 "
                + "(or DiskStorage with its -slots and -slotsize)"
            : "nothing was made";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{notes}state of cluster {state.ClusterId} at index {state.Last.Index}: {begin}, verified\n{left}"
                + $"{Units.Count(state.Store.Count)} keys, digest {state.Store.Digest:x16}\n{made}");
    }

    private static JsonObject Node(ReplayedState state, Member founder, Guid? clusterId) => new()
    {
        ["from_cluster"] = state.ClusterId.ToString(),
        ["index"] = state.Last.Index.Value,
        ["snapshot"] = state.Snapshot.Value,
        ["records"] = state.Records,
        ["left_out"] = state.LeftOut,
        ["keys"] = state.Store.Count,
        ["digest"] = state.Store.Digest.ToString("x16", CultureInfo.InvariantCulture),
        ["cluster"] = clusterId?.ToString(),
        ["member"] = founder.Id.Value,
        ["notes"] = new JsonArray([.. state.Notes.Select(note => JsonValue.Create(note))]),
    };
}
