using System.CommandLine;
using System.Globalization;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Logger.Tools;

/// <summary>Flags and arguments that the tools share.</summary>
internal static class ToolFlags
{
    /// <summary><c>-o</c> of a tool that answers once.</summary>
    public static readonly FlagOption<ToolFormat> Format = Flag.Value(
        "o", "table|json", "how to answer", ParseFormat, ToolFormat.Table, "table");

    /// <summary><c>-o</c> of a tool that gives out records.</summary>
    public static readonly FlagOption<ToolFormat> StreamFormat = Flag.Value(
        "o", "table|ndjson", "how to answer", ParseFormat, ToolFormat.Any, "table on a terminal, else ndjson");

    /// <summary>Whether a command line asks for JSON, so that errors come as JSON too.</summary>
    public static bool AsksForJson(ParseResult parsed)
    {
        foreach (FlagOption<ToolFormat> flag in (FlagOption<ToolFormat>[])[Format, StreamFormat])
        {
            if (parsed.CommandResult.Command.Options.Contains(flag) && parsed.GetValue(flag) == ToolFormat.Json)
                return true;
        }
        return false;
    }

    /// <summary>A folder with a log.</summary>
    public static Argument<string> Folder(string name) => new(name)
    {
        Description = "a log folder, or the data directory of a replica; only read, even while its process runs",
    };

    /// <summary>A flag with an index; null where it is not given.</summary>
    public static FlagOption<LogIndex?> Index(string name, string help) => Flag.Value<LogIndex?>(
        name,
        "INDEX",
        help,
        text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong index)
            && index is > 0 and < ulong.MaxValue
            ? new LogIndex(index)
            : throw ChorusException.Usage($"-{name}: '{text}' is no index", "Use a whole number from 1 on"),
        null,
        null);

    /// <summary>The name of a kind in flags and in answers.</summary>
    public static string NameOf(RecordKind kind) => kind switch
    {
        RecordKind.Command or RecordKind.SessionCommand => "command",
        RecordKind.Configuration => "configuration",
        RecordKind.Session => "session",
        _ => "noop",
    };

    /// <summary>Reads the name of a kind.</summary>
    public static RecordKind? ParseKind(string text) => text switch
    {
        "command" => RecordKind.Command,
        "configuration" => RecordKind.Configuration,
        "noop" => RecordKind.NoOp,
        "session" => RecordKind.Session,
        _ => throw ChorusException.Usage(
            $"-kind: there is no kind '{text}'", "Use command, configuration, session or noop"),
    };

    private static ToolFormat ParseFormat(string text) => text switch
    {
        "table" => ToolFormat.Table,
        "json" or "ndjson" => ToolFormat.Json,
        _ => throw ChorusException.Usage($"-o: there is no format '{text}'", "Use table or json"),
    };
}
