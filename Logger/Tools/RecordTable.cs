using System.Globalization;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Logger.Tools;

/// <summary>Records as lines of a table whose columns are known before the first one.</summary>
/// <param name="last">The largest index that will be shown.</param>
/// <param name="commit">Last index known to be committed; null: it is not known.</param>
/// <param name="width">Columns of the terminal.</param>
internal sealed class RecordTable(LogIndex last, LogIndex? commit, int width)
{
    private const int ValueWidthMin = 20;
    private const int ValueWidthMax = 200;
    private const int KeyWidth = 24;
    private const int TimeWidth = 27;

    private readonly int _indexWidth = Math.Max(5, last.ToString().Length);

    /// <summary>The heads.</summary>
    public string Head => Line("INDEX", "TERM", "TIME", "KIND", "BYTES") + "  CONTENT";

    /// <summary>A record.</summary>
    public string Row(in RecordHeader header, ReadOnlySpan<byte> payload)
    {
        string line = Line(
            header.Index.ToString(), header.Term.ToString(), ToolText.Time(header.TimeMicros),
            ToolFlags.NameOf(header.Kind), header.RecordLength.ToString(CultureInfo.InvariantCulture));
        string mark = commit is { } known && header.Index > known ? "(uncommitted?) " : "";
        int left = Math.Clamp(width - line.Length - 2 - mark.Length, ValueWidthMin, ValueWidthMax);
        return $"{line}  {mark}{Content(header.Kind, payload, left)}".TrimEnd();
    }

    private string Line(string index, string term, string time, string kind, string bytes) =>
        $"{index.PadLeft(_indexWidth)}  {term.PadLeft(5)}  {time.PadRight(TimeWidth)}  {kind.PadRight(13)}  "
            + bytes.PadLeft(8);

    private static string Content(RecordKind kind, ReadOnlySpan<byte> payload, int widthMax)
    {
        if (kind == RecordKind.Configuration
            && ConfigurationCodec.TryDecode(payload, out Configuration? configuration, out _))
            return ToolText.Members(configuration);
        if (kind == RecordKind.Session && SessionRecord.TryDecode(payload, out SessionRecord session))
            return session.ToText();
        if (!CommandPayload.TryRead(kind, payload, out ReadOnlySpan<byte> bytes)
            || !KvCommandView.TryRead(bytes, out KvCommandView command))
            return ToolText.OneLine(payload, widthMax);
        string head = $"{CommandText.NameOf(command.Operation)} {ToolText.OneLine(command.Key, KeyWidth)}";
        if (command.Operation == KvCommand.Types.Operation.Increment)
            return $"{head} {CommandText.DeltaOf(command)}";
        return command.HasValue
            ? $"{head} = {ToolText.OneLine(command.Value, Math.Max(ValueWidthMin, widthMax - head.Length - 3))}"
            : head;
    }
}
