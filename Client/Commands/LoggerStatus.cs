using System.Globalization;
using System.Text.Json.Nodes;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Google.Protobuf;

namespace Chorus.Client.Commands;

/// <summary>What loggers say of themselves, by Transfer: they have no socket for clients.</summary>
/// <param name="Id">Its name; null when it did not answer and nobody knows its address.</param>
/// <param name="Address">Its transfer address.</param>
/// <param name="Description">What it answered; null when it did not.</param>
internal sealed record LoggerStatus(string? Id, string Address, LogDescription? Description)
{
    private Following? Following => Description?.Following;

    /// <summary>Whether it answered that it has recorded nothing yet: then it has no description.</summary>
    public bool IsEmpty { get; private init; }

    private bool Answers => IsEmpty || Description is not null;

    private string State => this switch
    {
        { IsEmpty: true } => "no log yet",
        { Description: null } => "no answer",
        { Following: { } following } => following.State,
        { Description.Kind: "replica" } => "replica",
        _ => "-",
    };

    /// <summary>Asks loggers, of whatever cluster.</summary>
    public static async Task<IReadOnlyList<LoggerStatus>> AskAsync(
        ClusterAccess cluster, IReadOnlyList<string> addresses)
    {
        IReadOnlyList<SurveyedSource> answers = await cluster.Describe(addresses).ConfigureAwait(false);
        return [.. answers.Select(answer => new LoggerStatus(
            answer.Description?.Id, answer.Address, answer.Description) { IsEmpty = answer.HasRefused })];
    }

    /// <summary>
    /// Asks the observers that members name; whoever else answers at the address of one, one of another cluster with
    /// its name included, is not it.
    /// </summary>
    public static async Task<IReadOnlyList<LoggerStatus>> AskAsync(
        ClusterAccess cluster, IReadOnlyList<(string Id, string Address)> observers, ByteString clusterId)
    {
        if (observers.Count == 0)
            return [];
        IReadOnlyList<SurveyedSource> answers =
            await cluster.Describe([.. observers.Select(observer => observer.Address)]).ConfigureAwait(false);
        return
        [
            .. from observer in observers
               let source = answers.First(a => a.Address == observer.Address)
               let answer = source.Description
               let isIt = answer?.Id == observer.Id && answer.ClusterId == clusterId
               select new LoggerStatus(observer.Id, observer.Address, isIt ? answer : null)
               {
                   IsEmpty = source.HasRefused,
               },
        ];
    }

    /// <summary>Prints what the named loggers answer.</summary>
    public static async Task<int> RunAsync(ClusterAccess cluster, Answer answer, IReadOnlyList<string> addresses)
    {
        IReadOnlyList<LoggerStatus> loggers = await AskAsync(cluster, addresses).ConfigureAwait(false);
        if (!loggers.Any(logger => logger.Answers))
            return answer.Fail(new ChorusException(
                ExitCodes.Unreachable, "unreachable", $"nobody answers at {string.Join(", ", addresses)}",
                "Start the loggers, or name others with -recov host:port,... (the -hrecov of a logger)"));
        answer.Tell(string.Join('\n', Lines(loggers)), () => new JsonObject { ["loggers"] = Node(loggers) });
        return ExitCodes.Ok;
    }

    /// <summary>A table, and below it why those record nothing that do not.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<LoggerStatus> loggers)
    {
        if (loggers.Count == 0)
            return [];
        TextTable table = new(
            "LOGGER", "STATE", "FOLLOWS", "LAST", "COMMIT", "GAPS", "FETCHED", "FAILOVERS", "ADDRESS");
        foreach (LoggerStatus logger in loggers)
            table.Add(
                logger.Id ?? "?", logger.State, logger.Following is { Source.Length: > 0 } at ? at.Source : "-",
                Text(logger.Description?.LastIndex), Text(logger.Following?.CommitIndex),
                logger.Counter("chorus_follower_gaps_found_total"),
                logger.Counter("chorus_follower_fetched_records_total"),
                logger.Counter("chorus_follower_failovers_total"), logger.Address);
        return
        [
            table.ToString(),
            .. from logger in loggers
               where logger.IsEmpty
               select $"{logger.Id ?? logger.Address}: it runs and has recorded nothing yet. Look at what it says: "
                   + "perhaps nobody answers at its -join",
            .. from logger in loggers
               where logger.Following is { Why.Length: > 0 }
               select $"{logger.Id}: {logger.Following!.Why}. {logger.Following.Cure}".TrimEnd(),
        ];
    }

    public static JsonArray Node(IReadOnlyList<LoggerStatus> loggers) => new([.. loggers.Select(Node)]);

    private static JsonObject Node(LoggerStatus logger)
    {
        JsonObject json = new()
        {
            ["id"] = logger.Id,
            ["transfer_address"] = logger.Address,
            ["answers"] = logger.Answers,
        };
        if (logger.IsEmpty)
            json["state"] = logger.State;
        if (logger.Description is not { } description)
            return json;
        json["cluster_id"] = Convert.ToHexStringLower(description.ClusterId.Span);
        json["first_index"] = description.FirstIndex;
        json["last_index"] = description.LastIndex;
        if (logger.Following is not { } following)
            return json;
        json["state"] = following.State;
        json["why"] = following.Why;
        json["cure"] = following.Cure;
        json["follows"] = following.Source;
        json["commit_index"] = following.CommitIndex;
        json["counters"] = new JsonObject(following.Counters.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));
        return json;
    }

    private string Counter(string name) =>
        Following is { } following && following.Counters.TryGetValue(name, out ulong count) ? Text(count) : "-";

    private static string Text(ulong? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
