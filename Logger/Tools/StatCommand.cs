using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Chorus.Common.Hosting;
using Chorus.Common.Log;

namespace Chorus.Logger.Tools;

/// <summary><c>stat</c>: counts what a folder holds.</summary>
internal sealed class StatCommand
{
    private const int TermsShownMax = 10;

    private readonly ToolContext _context;
    private readonly Argument<string> _folder = ToolFlags.Folder("DIR");

    private StatCommand(ToolContext context) => _context = context;

    /// <summary>Builds the command.</summary>
    public static Command Create(ToolContext context)
    {
        var stat = new StatCommand(context);
        var command = new Command(
            "stat", "Counts what a log holds: records, bytes, kinds, terms, and how many came in a second by the "
                + "leader's clock.")
        {
            stat._folder, ToolFlags.Format,
        };
        command.SetAction(stat.Run);
        return command.WithExamples(new("Logger stat data/log0", "for people"), new(
            "Logger stat data/log0 -o json", "for a program"));
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        LogFolder folder = LogFolder.Open(parsed.GetValue(_folder)!);
        var statistics = new LogStatistics();
        using var reader = new LogReader(folder.Storage);
        var walk = new LogWalk(reader, folder.Extent, folder.Extent.First, folder.Extent.Limit.Index.Next);
        while (walk.Read())
        {
            ToolReading.CheckStop(walk.Header.Index, stop);
            statistics.Add(walk.Header);
        }
        ToolReading.CheckComplete(walk, folder);
        if (parsed.GetValue(ToolFlags.Format) == ToolFormat.Json)
            WriteJson(folder, statistics);
        else
            _context.Tell(Text(folder, statistics));
        ToolReading.ThrowDamage(folder);
        return ExitCodes.Ok;
    }

    private static string Text(LogFolder folder, LogStatistics statistics)
    {
        var text = new StringBuilder();
        void Line(string name, string value) => text.Append(name.PadRight(14)).Append(value).Append('\n');
        Line("folder", folder.Location);
        Line("cluster", folder.Extent.ClusterId.ToString());
        if (folder.Identity is { } identity)
            Line("node", identity.NodeId);
        Line("records", ToolText.Number(statistics.Records));
        Line("bytes", $"{ToolText.Number(statistics.Bytes)} ({ToolText.Bytes(statistics.Bytes)})");
        Line("segments", $"{folder.Extent.Segments.Count}, {ToolText.Bytes(folder.FileBytes)} on disk");
        if (statistics.Records == 0)
            return text.ToString().TrimEnd();
        Line("first", Describe(statistics.First));
        Line("last", Describe(statistics.Last));
        if (folder.Commit is { } commit && commit < folder.Extent.Limit.Index)
            Line("committed", $"known up to {commit}");
        if (statistics.Seconds > 0)
            Line("rate", string.Create(
                CultureInfo.InvariantCulture,
                $"{statistics.Records / statistics.Seconds:N1} records/s, "
                + $"{ToolText.Bytes((long)(statistics.Bytes / statistics.Seconds))}/s over {statistics.Seconds:N1} s"));
        Line("payload", $"{statistics.PayloadBytesMax} bytes at most");
        foreach ((RecordKind kind, ulong records, long bytes) in statistics.Kinds)
            Line(ToolFlags.NameOf(kind), $"{ToolText.Number(records)}, {ToolText.Bytes(bytes)}");
        int hidden = statistics.Terms.Count - TermsShownMax;
        if (hidden > 0)
            Line("terms", $"{hidden} earlier ones");
        foreach (var term in statistics.Terms.TakeLast(TermsShownMax))
            Line($"term {term.Term}", $"{ToolText.Number(term.Records)} from {term.First} on");
        if (folder.TailNote is { } note)
            Line("end", note);
        return text.ToString().TrimEnd();
    }

    private static string Describe(in RecordHeader header) =>
        $"{header.Index}, term {header.Term}, {ToolText.Time(header.TimeMicros)}";

    private void WriteJson(LogFolder folder, LogStatistics statistics)
    {
        using (var json = new Utf8JsonWriter(_context.Output, RecordJson.Options))
        {
            json.WriteStartObject();
            json.WriteString("folder", folder.Location);
            json.WriteString("cluster", folder.Extent.ClusterId);
            if (folder.Identity is { } identity)
                json.WriteString("node", identity.NodeId);
            json.WriteNumber("records", statistics.Records);
            json.WriteNumber("bytes", statistics.Bytes);
            json.WriteNumber("segments", folder.Extent.Segments.Count);
            json.WriteNumber("file_bytes", folder.FileBytes);
            WriteEnds(json, folder, statistics);
            json.WriteStartObject("kinds");
            foreach ((RecordKind kind, ulong records, long bytes) in statistics.Kinds)
            {
                json.WriteStartObject(ToolFlags.NameOf(kind));
                json.WriteNumber("records", records);
                json.WriteNumber("bytes", bytes);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteStartArray("terms");
            foreach (var term in statistics.Terms)
            {
                json.WriteStartObject();
                json.WriteNumber("term", term.Term.Value);
                json.WriteNumber("first", term.First.Value);
                json.WriteNumber("records", term.Records);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        _context.Tell("");
    }

    private static void WriteEnds(Utf8JsonWriter json, LogFolder folder, LogStatistics statistics)
    {
        if (folder.Commit is { } commit)
            json.WriteNumber("known_committed", commit.Value);
        if (folder.TailNote is { } note)
            json.WriteString("tail_note", note);
        if (statistics.Records == 0)
            return;
        foreach ((string name, RecordHeader header) in
            (ReadOnlySpan<(string, RecordHeader)>)[("first", statistics.First), ("last", statistics.Last)])
        {
            json.WriteStartObject(name);
            json.WriteNumber("index", header.Index.Value);
            json.WriteNumber("term", header.Term.Value);
            json.WriteString("time", ToolText.Time(header.TimeMicros));
            json.WriteEndObject();
        }
        json.WriteNumber("payload_bytes_max", statistics.PayloadBytesMax);
        json.WriteNumber("seconds", statistics.Seconds);
        if (statistics.Seconds > 0)
        {
            json.WriteNumber("records_per_second", Math.Round(statistics.Records / statistics.Seconds, 1));
            json.WriteNumber("bytes_per_second", Math.Round(statistics.Bytes / statistics.Seconds, 1));
        }
    }
}
