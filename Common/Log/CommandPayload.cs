namespace Chorus.Common.Log;

/// <summary>Finds the command of the state machine in a record, whether it was sent within a session or not.</summary>
/// <remarks>
/// Every command in a committed log took effect, once: a leader puts no repeated one into its log. So who follows the
/// log needs to know nothing of sessions.
/// </remarks>
public static class CommandPayload
{
    /// <summary>The command of a record; false when it carries none.</summary>
    /// <param name="kind">Kind of the record.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="command">The command; a part of <paramref name="payload"/>.</param>
    public static bool TryRead(RecordKind kind, ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> command)
    {
        command = payload;
        return kind == RecordKind.Command
            || (kind == RecordKind.SessionCommand && SessionEnvelope.TryDecode(payload, out _, out command));
    }
}
