using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Logger.Tools;

/// <summary>Records as JSON: what is text as text, everything else in base 64 under a name that says so.</summary>
internal static class RecordJson
{
    /// <summary>Letters of every script as they are.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="header">Header of the record.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="commit">Last index known to be committed; null: it is not known.</param>
    public static void Write(
        Utf8JsonWriter json, in RecordHeader header, ReadOnlySpan<byte> payload, LogIndex? commit)
    {
        json.WriteStartObject();
        json.WriteNumber("index", header.Index.Value);
        json.WriteNumber("term", header.Term.Value);
        json.WriteString("time", ToolText.Time(header.TimeMicros));
        json.WriteNumber("time_us", header.TimeMicros);
        json.WriteString("kind", ToolFlags.NameOf(header.Kind));
        json.WriteString("chain", header.Chain.ToString("x16", CultureInfo.InvariantCulture));
        json.WriteNumber("bytes", header.RecordLength);
        if (commit is { } known)
            json.WriteBoolean("known_committed", header.Index <= known);
        WritePayload(json, header.Kind, payload);
        json.WriteEndObject();
    }

    private static void WritePayload(Utf8JsonWriter json, RecordKind kind, ReadOnlySpan<byte> payload)
    {
        if (kind == RecordKind.Configuration
            && ConfigurationCodec.TryDecode(payload, out Configuration? configuration, out _))
        {
            WriteMembers(json, "members", configuration.Members);
            if (configuration.Previous is { } previous)
                WriteMembers(json, "previous_members", previous.Members);
        }
        else if (kind == RecordKind.Session && SessionRecord.TryDecode(payload, out SessionRecord record))
        {
            json.WriteString("action", record.Action.ToString().ToLowerInvariant());
            if (record.Action is not (SessionAction.Open or SessionAction.Evict))
                json.WriteNumber("session", record.First);
        }
        else if (CommandPayload.TryRead(kind, payload, out ReadOnlySpan<byte> bytes)
            && KvCommandView.TryRead(bytes, out KvCommandView command))
        {
            WriteCommand(json, command);
            if (kind == RecordKind.SessionCommand && SessionEnvelope.TryDecode(payload, out var envelope, out _))
            {
                json.WriteNumber("session", envelope.Session);
                json.WriteNumber("sequence", envelope.Sequence);
            }
        }
        else if (payload.Length > 0)
        {
            WriteBytes(json, "payload", payload);
        }
    }

    private static void WriteCommand(Utf8JsonWriter json, in KvCommandView command)
    {
        json.WriteString("operation", CommandText.NameOf(command.Operation));
        WriteBytes(json, "key", command.Key);
        if (command.HasValue)
            WriteBytes(json, "value", command.Value);
        if (command.Operation == KvCommand.Types.Operation.CompareAndSet && command.ExpectsValue)
            WriteBytes(json, "expected", command.Expected);
        if (command.Operation == KvCommand.Types.Operation.Increment)
            json.WriteNumber("delta", command.Delta);
    }

    private static void WriteMembers(Utf8JsonWriter json, string name, IReadOnlyList<Raft.Member> members)
    {
        json.WriteStartArray(name);
        foreach (Raft.Member member in members)
        {
            json.WriteStartObject();
            json.WriteString("id", member.Id.Value);
            json.WriteString("kind", member.Kind.ToString().ToLowerInvariant());
            json.WriteString("raft", member.PeerAddress);
            json.WriteString("client", member.ClientAddress);
            if (member.TransferAddress.Length > 0)
                json.WriteString("hrecov", member.TransferAddress);
            if (member.FeedAddress.Length > 0)
                json.WriteString("feed", member.FeedAddress);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteBytes(Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes)
    {
        if (ToolText.TryText(bytes, out string text))
            json.WriteString(name, text);
        else
            json.WriteBase64String(name + "_base64", bytes);
    }
}
