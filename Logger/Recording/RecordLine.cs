using System.Globalization;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Logger.Tools;
using Chorus.Raft;

namespace Chorus.Logger.Recording;

/// <summary>A record as a line of the text: index, term, time, kind, and what it says, separated by blanks.</summary>
internal static class RecordLine
{
    private const int KeyWidth = 64;
    private const int ValueWidth = 64;

    /// <summary>Makes the line, without its end.</summary>
    public static string Of(in RecordHeader header, ReadOnlySpan<byte> payload)
    {
        string head = $"{header.Index} {header.Term} {ToolText.Time(header.TimeMicros)}";
        switch (header.Kind)
        {
            case RecordKind.NoOp:
                return head + " noop";
            case RecordKind.Configuration when ConfigurationCodec.TryDecode(
                payload, out Configuration? configuration, out _):
                return $"{head} configuration {ToolText.Members(configuration)}";
            case RecordKind.Session when SessionRecord.TryDecode(payload, out SessionRecord session):
                return $"{head} session {session.ToText()}";
            case RecordKind.Command or RecordKind.SessionCommand
                when CommandPayload.TryRead(header.Kind, payload, out ReadOnlySpan<byte> bytes)
                    && KvCommandView.TryRead(bytes, out KvCommandView command):
                head = $"{head} command {CommandText.NameOf(command.Operation)} "
                    + ToolText.OneLine(command.Key, KeyWidth);
                if (command.Operation == KvCommand.Types.Operation.Increment)
                    return $"{head} {CommandText.DeltaOf(command)}";
                return command.HasValue ? $"{head} {Bytes(command.Value)}" : head;
            default:
                return $"{head} {ToolFlags.NameOf(header.Kind)} {Bytes(payload)}";
        }
    }

    /// <summary>The line that stands for records that were removed before they could be written.</summary>
    public static string Gap(LogIndex from, LogIndex until) =>
        $"# records {from} to {until.Previous} were removed before they were written here";

    /// <summary>Index of the record that a line shows.</summary>
    public static bool TryIndex(ReadOnlySpan<byte> line, out ulong index)
    {
        index = 0;
        int blank = line.IndexOf((byte)' ');
        return blank > 0
            && ulong.TryParse(line[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }

    private static string Bytes(ReadOnlySpan<byte> bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes.Length} {ToolText.OneLine(bytes, ValueWidth)}");
}
