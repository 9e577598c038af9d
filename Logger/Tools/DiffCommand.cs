using System.CommandLine;
using System.Text.Json;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Logger.Tools;

/// <summary><c>diff</c>: finds the first record in which two logs differ.</summary>
internal sealed class DiffCommand
{
    private readonly ToolContext _context;
    private readonly Argument<string> _a = ToolFlags.Folder("A");
    private readonly Argument<string> _b = ToolFlags.Folder("B");

    private DiffCommand(ToolContext context) => _context = context;

    /// <summary>Builds the command.</summary>
    public static Command Create(ToolContext context)
    {
        var diff = new DiffCommand(context);
        var command = new Command(
            "diff", "Compares two logs byte for byte where both have records. Exit code 0 where they are equal, 4 and "
                + "the first record that differs where they are not.")
        {
            diff._a, diff._b, ToolFlags.Format,
        };
        command.SetAction(diff.Run);
        return command.WithExamples(
            new("Logger diff data/log0 backup/log0", "two loggers of one cluster"),
            new("Logger diff data/node0 data/log0", "a replica and a logger"));
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        LogFolder a = LogFolder.Open(parsed.GetValue(_a)!), b = LogFolder.Open(parsed.GetValue(_b)!);
        if (a.Extent.ClusterId != b.Extent.ClusterId)
            throw new ChorusException(
                ExitCodes.CheckFailed,
                "other_cluster",
                $"{a.Location} is of cluster {a.Extent.ClusterId}, {b.Location} of cluster {b.Extent.ClusterId}",
                "Compare logs of one cluster");
        LogIndex from = LogIndex.Max(a.Extent.First, b.Extent.First);
        LogIndex until = LogIndex.Min(a.Extent.Limit.Index, b.Extent.Limit.Index).Next;
        if (until <= from && (a.Extent.Segments.Count > 0 || b.Extent.Segments.Count > 0))
            throw ChorusException.Failed(
                "nothing_in_common",
                $"{Range(a)} and {Range(b)} have no record in common",
                "Compare logs that overlap");
        LogIndex? difference = Compare(a, b, from, until, stop, out Side left, out Side right);
        bool asJson = parsed.GetValue(ToolFlags.Format) == ToolFormat.Json;
        if (asJson)
            WriteJson(a, b, from, until, difference, left, right);
        else if (difference is { } index)
            _context.Tell(Different(a, b, index, left, right));
        else
            _context.Tell(Equal(a, b, from, until));
        if (difference is not null)
            return ExitCodes.CheckFailed;
        ToolReading.ThrowDamage(a);
        ToolReading.ThrowDamage(b);
        return ExitCodes.Ok;
    }

    private static LogIndex? Compare(
        LogFolder a, LogFolder b, LogIndex from, LogIndex until, CancellationToken stop, out Side left, out Side right)
    {
        using var readerA = new LogReader(a.Storage);
        using var readerB = new LogReader(b.Storage);
        var walkA = new LogWalk(readerA, a.Extent, from, until);
        var walkB = new LogWalk(readerB, b.Extent, from, until);
        left = right = default;
        while (walkA.Read() && walkB.Read())
        {
            ToolReading.CheckStop(walkA.Header.Index, stop);
            if (walkA.Record.SequenceEqual(walkB.Record))
                continue;
            left = new Side(walkA.Header, walkA.Payload.ToArray());
            right = new Side(walkB.Header, walkB.Payload.ToArray());
            return walkA.Header.Index;
        }
        ToolReading.CheckComplete(walkA, a);
        ToolReading.CheckComplete(walkB, b);
        return null;
    }

    private static string Range(LogFolder folder) =>
        $"{folder.Location} ({folder.Extent.First} to {folder.Extent.Limit.Index})";

    private static string Equal(LogFolder a, LogFolder b, LogIndex from, LogIndex until)
    {
        string text = until > from
            ? $"equal from {from} to {until.Previous}: {ToolText.Number(until - from)} records"
            : "equal: both are empty";
        foreach (LogFolder folder in (LogFolder[])[a, b])
        {
            if (folder.Extent.Limit.Index >= until)
                text += $"\n{folder.Location} goes on to {folder.Extent.Limit.Index}";
        }
        return text;
    }

    private string Different(LogFolder a, LogFolder b, LogIndex index, Side left, Side right)
    {
        var table = new RecordTable(index, null, _context.Width);
        string text = $"they differ from record {index} on\n{table.Head}\n{table.Row(left.Header, left.Payload)}\n"
            + table.Row(right.Header, right.Payload);
        return IsKnown(a, index) || IsKnown(b, index)
            ? text
            : text + "\nNeither folder knows the record to be committed: entries of replicas that no majority has may "
                + "differ until a leader replaces them.";
    }

    private static bool IsKnown(LogFolder folder, LogIndex index) => folder.Commit is not { } commit || index <= commit;

    private void WriteJson(
        LogFolder a, LogFolder b, LogIndex from, LogIndex until, LogIndex? difference, Side left, Side right)
    {
        using (var json = new Utf8JsonWriter(_context.Output, RecordJson.Options))
        {
            json.WriteStartObject();
            json.WriteBoolean("equal", difference is null);
            json.WriteNumber("from", from.Value);
            json.WriteNumber("to", until.Value - 1);
            json.WriteNumber("a_last", a.Extent.Limit.Index.Value);
            json.WriteNumber("b_last", b.Extent.Limit.Index.Value);
            if (difference is { } index)
            {
                json.WriteNumber("index", index.Value);
                json.WriteBoolean("known_committed", IsKnown(a, index) || IsKnown(b, index));
                json.WritePropertyName("a");
                RecordJson.Write(json, left.Header, left.Payload, a.Commit);
                json.WritePropertyName("b");
                RecordJson.Write(json, right.Header, right.Payload, b.Commit);
            }
            json.WriteEndObject();
        }
        _context.Tell("");
    }

    /// <summary>One of two records that differ.</summary>
    private readonly record struct Side(RecordHeader Header, byte[] Payload);
}
