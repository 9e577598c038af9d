using System.Diagnostics;
using System.Globalization;
using Chorus.Client.CommandLine;
using Chorus.Common.Client;
using Chorus.Common.Hosting;

namespace Chorus.Client.Commands;

/// <summary><c>watch</c>: tells of committed writes to keys, as the feed of a replica does.</summary>
internal static class WatchCommand
{
    private const double SecondsMax = 1e8;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    public static CommandSpec Of(Surroundings surroundings) => new()
    {
        Name = "watch",
        Arguments = [("PREFIX", "what the keys begin with; '' is every key")],
        Summary = "Prints every committed set and delete of the keys that begin with PREFIX, from now on: a line each, "
            + "with its index in the log. It listens to the feed of a follower if there is one. A watch is a hint: "
            + "under load, and when it moves on because a replica is gone, it may miss changes; read the key to be "
            + "sure. It runs until Ctrl-C, unless -time or -count ends it.",
        Flags =
        [
            .. Surroundings.ClusterFlags,
            Surroundings.HexFlag,
            new FlagSpec("exact", null, "only the key itself, not those that begin with it"),
            new FlagSpec("time", "SECONDS", "end after so long (default: never)"),
            new FlagSpec("count", "N", "end after so many changes (default: never)"),
        ],
        Examples =
        [
            new("Client watch user/", "every change of a key that begins with user/"),
            new("Client watch -exact greeting -count 1", "wait for the next change of one key"),
            new("Client watch '' -time 10 -o json", "every change of ten seconds, a line of JSON each"),
        ],
        Run = invocation => RunAsync(surroundings, invocation),
    };

    private static async Task<int> RunAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        TimeSpan timeout = Surroundings.Timeout(invocation);
        double seconds = Number(invocation, "time", SecondsMax);
        double count = Number(invocation, "count", long.MaxValue);
        var text = new KeyText(invocation.Has("hex"));
        byte[] prefix = text.Read(invocation.Arguments[0], "prefix");
        IReadOnlyList<string> servers = surroundings.Servers(invocation);
        ClusterStatus status;
        await using (ClusterAccess cluster = surroundings.Open(invocation))
            status = await ClusterStatus.AskAsync(cluster.Status, servers, only: false).ConfigureAwait(false);
        List<NodeStatus> nodes = [.. Best(status)];
        if (nodes.Count == 0)
            return answer.Fail(new ChorusException(
                ExitCodes.Unreachable, "unreachable", $"nobody answers at {string.Join(", ", servers)}",
                "Start the replicas, or name others with -servers host:port,..."));
        using var watch = new KeyWatch(
            new Guid(nodes[0].Status!.ClusterId.Span), [.. nodes.Select(node => node.Status!.FeedAddress)], prefix);
        var output = new WatchOutput(surroundings.Terminal, answer, text, nodes);
        long start = Stopwatch.GetTimestamp();
        long told = 0;
        while (!invocation.Stop.IsCancellationRequested && told < count)
        {
            TimeSpan passed = Stopwatch.GetElapsedTime(start);
            if (passed.TotalSeconds >= seconds)
                break;
            if (watch.TryReceive(Look, out KeyChange? change)
                && (!invocation.Has("exact") || change!.Key.Span.SequenceEqual(prefix)))
            {
                output.Tell(change!);
                told++;
            }
            output.Note(watch);
            if (!output.HasHeard && passed > timeout)
                return answer.Fail(new ChorusException(
                    ExitCodes.Unreachable, "no_feed",
                    $"nothing came from {string.Join(", ", nodes.Select(node => node.Status!.FeedAddress))}",
                    "The feed of a replica is at the port of -raft + 4000 unless -feed says otherwise: it must be "
                        + "reachable from here."));
        }
        return ExitCodes.Ok;
    }

    /// <summary>Nodes with a feed: followers first, so that the leader has nothing to do with it.</summary>
    private static IEnumerable<NodeStatus> Best(ClusterStatus status) =>
        status.Answered.Where(node => node.Status!.FeedAddress.Length > 0 && node.Status.ClusterId.Length == 16)
            .OrderBy(node => node == status.Leader);

    private static double Number(Invocation invocation, string flag, double most)
    {
        if (invocation.Get(flag) is not { } text)
            return double.PositiveInfinity;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && number > 0 && number <= most
            ? number
            : throw ChorusException.Usage($"-{flag}: '{text}' is not a number above 0");
    }
}
