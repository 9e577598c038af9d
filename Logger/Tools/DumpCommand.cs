using System.CommandLine;
using System.Text;
using System.Text.Json;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Logger.Tools;

/// <summary><c>dump</c>: gives out the records of a folder.</summary>
internal sealed class DumpCommand
{
    private const int BufferBytes = 64 << 10;

    private readonly ToolContext _context;
    private readonly Argument<string> _folder = ToolFlags.Folder("DIR");
    private readonly FlagOption<LogIndex?> _from = ToolFlags.Index("from", "first index (default: the first kept)");
    private readonly FlagOption<LogIndex?> _to = ToolFlags.Index("to", "last index (default: the last)");
    private readonly FlagOption<RecordKind?> _kind = Flag.Value<RecordKind?>(
        "kind", "KIND", "only command, configuration, session or noop", ToolFlags.ParseKind, null, null);
    private readonly FlagOption<string?> _key = Flag.Text(
        "key", "PREFIX", "only key-value commands on keys that begin like this");

    private DumpCommand(ToolContext context) => _context = context;

    /// <summary>Builds the command.</summary>
    public static Command Create(ToolContext context)
    {
        var dump = new DumpCommand(context);
        var command = new Command(
            "dump", "Gives out records, one to a line. What is no text comes in base 64. Of a replica, entries behind "
                + "what its hard state knows to be committed are marked: they may still be replaced.")
        {
            dump._folder, dump._from, dump._to, dump._kind, dump._key, ToolFlags.StreamFormat,
        };
        command.SetAction(dump.Run);
        return command.WithExamples(
            new("Logger dump data/log0 -from 1000 -to 1010", "eleven records"),
            new("Logger dump data/log0 -key user/ -o ndjson", "every command on keys that begin with user/"),
            new("Logger dump data/node0 -kind configuration", "how the membership of the cluster changed"));
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        LogFolder folder = LogFolder.Open(parsed.GetValue(_folder)!);
        LogExtent extent = folder.Extent;
        LogIndex from = parsed.GetValue(_from) ?? extent.First;
        LogIndex to = parsed.GetValue(_to) ?? new LogIndex(ulong.MaxValue - 1);
        CheckRange(folder, from, to);
        var filter = new RecordFilter(parsed.GetValue(_kind), parsed.GetValue(_key));
        ToolFormat format = parsed.GetValue(ToolFlags.StreamFormat);
        bool asTable = format == ToolFormat.Table || (format == ToolFormat.Any && _context.IsTerminal);
        LogIndex last = LogIndex.Min(to, extent.Limit.Index);
        using var reader = new LogReader(folder.Storage);
        using var output = new BufferedStream(_context.Output, BufferBytes);
        var walk = new LogWalk(reader, extent, from, last.Next);
        try
        {
            if (asTable)
                WriteTable(ref walk, filter, folder, output, stop);
            else
                WriteLines(ref walk, filter, folder, output, stop);
        }
        finally
        {
            // What stands before a damage is what one wants to see.
            output.Flush();
        }
        ToolReading.CheckComplete(walk, folder);
        if (to > last)
            ToolReading.ThrowDamage(folder);
        return ExitCodes.Ok;
    }

    private static void CheckRange(LogFolder folder, LogIndex from, LogIndex to)
    {
        LogExtent extent = folder.Extent;
        if (to < from)
            throw ChorusException.Usage($"-from {from} lies behind -to {to}", "Exchange the two");
        if (from < extent.First)
            throw ChorusException.Failed(
                "not_kept",
                $"record {from} is no longer kept: {folder.Location} begins with record {extent.First}",
                $"Use -from {extent.First}, or another folder");
        if (from > extent.Limit.Index.Next)
            throw ChorusException.Failed(
                "not_there",
                $"record {from} is not there: {folder.Location} ends with record {extent.Limit.Index}",
                "Use a smaller -from");
    }

    private static void WriteLines(
        ref LogWalk walk, RecordFilter filter, LogFolder folder, Stream output, CancellationToken stop)
    {
        using var json = new Utf8JsonWriter(output, RecordJson.Options);
        while (walk.Read())
        {
            ToolReading.CheckStop(walk.Header.Index, stop);
            if (!filter.Accepts(walk))
                continue;
            RecordJson.Write(json, walk.Header, walk.Payload, folder.Commit);
            json.Flush();
            json.Reset();
            output.WriteByte((byte)'\n');
        }
    }

    private void WriteTable(
        ref LogWalk walk, RecordFilter filter, LogFolder folder, Stream output, CancellationToken stop)
    {
        var table = new RecordTable(folder.Extent.Limit.Index, folder.Commit, _context.Width);
        output.Write(Encoding.UTF8.GetBytes(table.Head + "\n"));
        while (walk.Read())
        {
            ToolReading.CheckStop(walk.Header.Index, stop);
            if (filter.Accepts(walk))
                output.Write(Encoding.UTF8.GetBytes(table.Row(walk.Header, walk.Payload) + "\n"));
        }
    }
}
