using System.Globalization;
using System.Text.Json.Nodes;
using Chorus.Common.KeyValue;
using Chorus.Common.Transfer;

namespace Chorus.Recovery;

/// <summary>What is printed at the end.</summary>
internal static class RecoveryReport
{
    /// <summary>Four plain numbers, one a line, and then the same for people.</summary>
    public static string Text(RecoveryResult result, RecoveryOptions options)
    {
        var lines = new List<string>
        {
            Number(Nanoseconds(result.Transfer)),
            Number(Nanoseconds(result.Install)),
            Number(result.Bytes),
            Number(result.Commands),
            "",
            Row("transfer", $"{Seconds(result.Transfer)} from the first request to the last chunk, "
                + Rate(result.Bytes, result.Transfer)),
            Row("install", $"{Seconds(result.Install)} spent in applying, while the rest was on its way"),
            Row("both together", Seconds(result.Wall)),
            Row("received", $"{Count(result.Bytes)} bytes, {Count(result.Records)} records, "
                + $"{Count(result.Commands)} of them commands"
                + (result.ImageBytes > 0 ? $"; {Count(result.ImageBytes)} bytes are slots" : "")),
            Row("index", $"{result.First} to {result.Last}"),
            Row("keys", Count(result.Keys)),
            Row("digest", result.Digest),
            Row("replicas", Verdict(result)),
        };
        foreach (FetchSourceReport source in result.Sources)
        {
            string trouble = source.Trouble.Length > 0 ? $"; {source.Trouble}" : "";
            lines.Add(Row($"from {source.Address}", $"{Count(source.Bytes)} bytes{trouble}"));
        }
        if (options.OutDirectory is { } path)
        {
            lines.Add("");
            lines.Add($"{path} holds the log of node {options.NodeName}. Start it, with the -hjoin address of any "
                + "member and ports of its own:");
            lines.Add($"  {Program(result.StateBase)} -id {options.NodeName} -data {path} -join HOST:PORT");
        }
        return string.Join('\n', lines);
    }

    /// <summary>One object on one line.</summary>
    public static string Json(RecoveryResult result, RecoveryOptions options)
    {
        var sources = new JsonArray();
        foreach (FetchSourceReport source in result.Sources)
        {
            sources.Add(new JsonObject
            {
                ["address"] = source.Address,
                ["bytes"] = source.Bytes,
                ["trouble"] = source.Trouble,
            });
        }
        return new JsonObject
        {
            ["transfer_ns"] = Nanoseconds(result.Transfer),
            ["install_ns"] = Nanoseconds(result.Install),
            ["bytes"] = result.Bytes,
            ["commands"] = result.Commands,
            ["wall_ns"] = Nanoseconds(result.Wall),
            ["records"] = result.Records,
            ["image_bytes"] = result.ImageBytes,
            ["cluster_id"] = result.ClusterId.ToString(),
            ["first_index"] = result.First.Value,
            ["last_index"] = result.Last.Value,
            ["keys"] = result.Keys,
            ["digest"] = result.Digest,
            ["replicas_digest"] = result.Comparison.Digest,
            ["equal"] = result.IsEqual,
            ["not_compared_because"] = result.IsEqual is null ? result.Comparison.WhyNot : null,
            ["compared_with"] = new JsonArray([.. result.Comparison.Replicas.Select(id => JsonValue.Create(id))]),
            ["sources"] = sources,
            ["out"] = options.OutDirectory,
        }.ToJsonString();
    }

    private static string Program(string stateBase) => stateBase.Length == 0
        ? "Kvstore"
        : SlotGeometry.TryParse(stateBase, out SlotGeometry slots)
            ? string.Create(
                CultureInfo.InvariantCulture, $"DiskStorage -slots {slots.Slots} -slotsize {slots.SlotBytes}")
            : $"Kvstore -{stateBase}";

    private static string Verdict(RecoveryResult result)
    {
        string who = string.Join(", ", result.Comparison.Replicas);
        return result.IsEqual switch
        {
            true => $"equal: the state of {who} at index {result.Last}",
            false => $"DIFFERENT: {who} had {result.Comparison.Digest} at index {result.Last}",
            null => $"not compared, because {result.Comparison.WhyNot}",
        };
    }

    private static string Row(string name, string text) => $"{name,-15} {text}";

    private static long Nanoseconds(TimeSpan time) => (long)time.TotalNanoseconds;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) =>
        time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture) + " s";

    private static string Rate(long bytes, TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture, $"{bytes / Math.Max(1e-6, time.TotalSeconds) / 1e6:0} MB/s");
}
