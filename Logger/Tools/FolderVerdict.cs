using System.Globalization;
using System.Text;
using System.Text.Json;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Logger.Tools;

/// <summary>What became of the verification of one folder.</summary>
internal sealed class FolderVerdict(LogFolder folder)
{
    /// <summary>Records verified.</summary>
    public ulong Records { get; set; }

    /// <summary>Their bytes, headers included.</summary>
    public long Bytes { get; set; }

    /// <summary>The last one verified.</summary>
    public RecordHeader Last { get; set; }

    /// <summary>The first damage; null: there is none.</summary>
    public LogCorruptionException? Damage { get; set; }

    /// <summary>For people.</summary>
    public string Text()
    {
        LogExtent extent = folder.Extent;
        var text = new StringBuilder(folder.Location);
        text.Append(Damage is null ? ": ok\n" : ": DAMAGED\n");
        text.Append(CultureInfo.InvariantCulture, $"  {ToolText.Number(Records)} records");
        if (Records > 0)
            text.Append(
                CultureInfo.InvariantCulture,
                $" ({extent.First} to {Last.Index}), {ToolText.Bytes(Bytes)}, chain {Last.Chain:x16}");
        text.Append(
            CultureInfo.InvariantCulture, $"\n  {extent.Segments.Count} segments of cluster {extent.ClusterId}");
        if (folder.Identity is { } identity)
            text.Append(CultureInfo.InvariantCulture, $", folder of {identity.NodeId}");
        if (extent.First > new LogIndex(1))
            text.Append(CultureInfo.InvariantCulture, $"\n  records before {extent.First} are no longer kept");
        if (folder.Commit is { } commit && commit < extent.Limit.Index)
            text.Append(CultureInfo.InvariantCulture, $"\n  known to be committed up to {commit}");
        if (folder.TailNote is { } note)
            text.Append("\n  ").Append(note);
        if (Damage is { } damage)
            text.Append("\n  ").Append(damage.Message);
        return text.ToString();
    }

    /// <summary>For programs.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("folder", folder.Location);
        json.WriteString("verdict", Damage is null ? "ok" : "damaged");
        json.WriteString("cluster", folder.Extent.ClusterId);
        if (folder.Identity is { } identity)
            json.WriteString("node", identity.NodeId);
        json.WriteNumber("segments", folder.Extent.Segments.Count);
        json.WriteNumber("records", Records);
        json.WriteNumber("bytes", Bytes);
        json.WriteNumber("first", folder.Extent.First.Value);
        json.WriteNumber("last", Records > 0 ? Last.Index.Value : folder.Extent.First.Value - 1);
        json.WriteString("chain", Last.Chain.ToString("x16", CultureInfo.InvariantCulture));
        if (folder.Commit is { } commit)
            json.WriteNumber("known_committed", commit.Value);
        if (folder.TailNote is { } note)
            json.WriteString("tail_note", note);
        if (Damage is { } damage)
        {
            json.WriteString("file", damage.File);
            json.WriteNumber("offset", damage.Offset);
            json.WriteString("message", damage.Message);
        }
        json.WriteEndObject();
    }
}
