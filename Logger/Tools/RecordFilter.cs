using System.Text;
using Chorus.Common.Log;
using Chorus.Common.Protocol;

namespace Chorus.Logger.Tools;

/// <summary>Which records are wanted.</summary>
/// <param name="kind">Only this kind; null: all.</param>
/// <param name="keyPrefix">Only commands on keys that begin like this; null: all.</param>
internal sealed class RecordFilter(RecordKind? kind, string? keyPrefix)
{
    private readonly byte[]? _prefix = keyPrefix is null ? null : Encoding.UTF8.GetBytes(keyPrefix);

    public bool Accepts(in LogWalk record)
    {
        if (kind is { } wanted && ToolFlags.NameOf(record.Header.Kind) != ToolFlags.NameOf(wanted))
            return false;
        return _prefix is null
            || (CommandPayload.TryRead(record.Header.Kind, record.Payload, out ReadOnlySpan<byte> payload)
                && KvCommandView.TryRead(payload, out KvCommandView command)
                && command.Key.StartsWith(_prefix));
    }
}
