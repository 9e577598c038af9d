using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Chorus.Client.Load;
using Chorus.Client.Measure;
using Chorus.Client.Settings;

namespace Chorus.Client.Report;

/// <summary>A load and its result, in the forms in which they are written.</summary>
internal sealed class LoadReport(LoadSettings settings, LoadResult result)
{
    private const double ShortestDrawnSec = 0.2;

    private static readonly (string Name, double Percent)[] Percents =
        [("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9)];

    /// <summary>One line that says what was done.</summary>
    public string Subtitle
    {
        get
        {
            LoadPlan plan = settings.Plan;
            string mix = plan.ReadShare switch
            {
                0 => "writes",
                1 => "reads",
                double share => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} % reads"),
            };
            string loop = plan.IsOpenLoop ? $"open loop, {Units.Rate(plan.RatePerSec)}/s due" : "closed loop";
            return $"{Plural(plan.Clients, "caller")} on {Plural(settings.Connections, "connection")}, {loop}, {mix}, "
                + $"values of {Units.Count(plan.ValueBytes)} B, {Plural(plan.Keys, "key")}";
        }
    }

    /// <summary>Name and value of each figure.</summary>
    public IEnumerable<(string Name, string Value)> Figures()
    {
        long reads = result.Totals.Reads;
        string split = reads == 0 || reads == result.Operations ? ""
            : $" ({Units.Count(result.Operations - reads)} writes, {Units.Count(reads)} reads)";
        yield return ("operations", Units.Count(result.Operations) + split);
        yield return ("throughput",
            $"{Units.Rate(result.OperationsPerSec)} operations/s over {Units.Seconds(result.WindowSec)}");
        yield return ("errors", Units.Count(result.Totals.Errors.Total));
        foreach ((Common.Protocol.Code code, long count) in result.Totals.Errors.ByCode)
            yield return ($"  {CodeNames.Of(code)}",
                Units.Count(count) + (settings.Tolerated.Contains(code) ? " (tolerated)" : ""));
        if (result.Totals.Errors.LastMessage.Length > 0)
            yield return ("  the last one", result.Totals.Errors.LastMessage);
        if (result.Unsent > 0)
            yield return ("due but never sent", $"{Units.Count(result.Unsent)}: all callers were busy, raise -clients");
        if (result.Stuck > 0)
            yield return ("never answered", Units.Count(result.Stuck));
        if (result.Acked is { } acked)
            yield return ("keys with acknowledged writes", Units.Count(acked.Count(key => key.Acked > 0)));
        if (result.WrongReads > 0)
            yield return ("WRONG READS", $"{Units.Count(result.WrongReads)}; {result.FirstWrongRead}");
    }

    /// <summary>Heads and rows of the latencies.</summary>
    public IEnumerable<string[]> Latencies()
    {
        yield return ["", .. Percents.Select(percent => percent.Name), "max"];
        yield return Row(settings.Plan.IsOpenLoop ? "service time" : "latency", result.Totals.Service);
        if (result.Totals.Response is { } response)
            yield return Row("response time", response);
    }

    /// <summary>For the terminal.</summary>
    public string Table()
    {
        StringBuilder text = new();
        text.Append($"{Subtitle}{(result.Interrupted ? " (interrupted)" : "")}\n");
        foreach ((string name, string value) in Figures())
            text.Append($"  {name,-30} {value}\n");
        foreach (string[] row in Latencies())
            text.Append($"  {row[0],-18}").Append(string.Concat(row[1..].Select(cell => $" {cell,10}"))).Append('\n');
        return text.ToString();
    }

    /// <summary>For run.json and <c>-o json</c>.</summary>
    public JsonObject Results()
    {
        JsonObject node = new()
        {
            ["operations"] = result.Operations,
            ["reads"] = result.Totals.Reads,
            ["window_s"] = Math.Round(result.WindowSec, 6),
            ["ops_s"] = Math.Round(result.OperationsPerSec, 2),
            ["errors"] = result.Totals.Errors.Total,
            ["errors_by_code"] = new JsonObject(result.Totals.Errors.ByCode.Select(
                pair => KeyValuePair.Create<string, JsonNode?>(CodeNames.Of(pair.Key), pair.Value))),
            ["errors_tolerated"] = result.Totals.Errors.Total - settings.Untolerated(result.Totals.Errors),
            ["last_error"] = result.Totals.Errors.LastMessage,
            ["unsent"] = result.Unsent,
            ["stuck"] = result.Stuck,
            ["wrong_reads"] = result.WrongReads,
            ["interrupted"] = result.Interrupted,
            ["service_us"] = Node(result.Totals.Service),
        };
        if (result.Totals.Response is { } response)
            node["response_us"] = Node(response);
        return node;
    }

    /// <summary>Second by second.</summary>
    public string Csv()
    {
        StringBuilder text = new("from_s,to_s,operations,ops_s,errors,outcome_unknown,p50_us,p99_us,max_us\n");
        foreach (Sample sample in result.Samples)
            text.Append(CultureInfo.InvariantCulture,
                $"{sample.FromSec:0.###},{sample.ToSec:0.###},{sample.Operations},{sample.OperationsPerSec:0.#},"
                + $"{sample.Errors},{sample.Unknown},{sample.P50Us},{sample.P99Us},{sample.MaxUs}\n");
        return text.ToString();
    }

    /// <summary>Samples long enough to be drawn as a rate: the last one may be a few milliseconds.</summary>
    public IReadOnlyList<Sample> Drawn()
    {
        List<Sample> drawn = [.. result.Samples.Where(sample => sample.ToSec - sample.FromSec >= ShortestDrawnSec)];
        return drawn.Count > 0 ? drawn : result.Samples;
    }

    /// <summary>Everything about the run.</summary>
    public string RunJson(string? commit)
    {
        JsonObject node = new()
        {
            ["begin_utc"] = result.BeginUtc.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            ["version"] = Machine.Version,
            ["commit"] = commit,
            ["machine"] = Machine.Describe(),
            ["settings"] = new JsonObject(settings.All.Select(
                value => KeyValuePair.Create<string, JsonNode?>(value.Spec.Key, Node(value)))),
            ["seed"] = settings.Plan.Seed,
            ["results"] = Results(),
        };
        return node.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
    }

    private static string[] Row(string name, Histogram histogram) =>
    [
        name, .. Percents.Select(percent => Units.Duration(histogram.PercentileUs(percent.Percent))),
        Units.Duration(histogram.MaxUs),
    ];

    private static JsonObject Node(Histogram histogram)
    {
        JsonObject node = new(Percents.Select(percent => KeyValuePair.Create<string, JsonNode?>(
            percent.Name.Replace('.', '_'), histogram.PercentileUs(percent.Percent))));
        node["max"] = histogram.MaxUs;
        node["mean"] = Math.Round(histogram.MeanUs, 2);
        return node;
    }

    private static JsonObject Node(SettingValue value) => new()
    {
        ["value"] = value.Value switch
        {
            string text => JsonValue.Create(text),
            string[] list => new JsonArray([.. list.Select(item => JsonValue.Create(item))]),
            long whole when value.Spec == LoadSettingSpecs.Seed => JsonValue.Create(unchecked((ulong)whole)),
            long whole => JsonValue.Create(whole),
            object number => JsonValue.Create((double)number),
        },
        ["from"] = value.Origin == SettingOrigin.Default ? "default" : value.Place,
    };

    private static string Plural(long count, string what) => $"{Units.Count(count)} {what}{(count == 1 ? "" : "s")}";
}
