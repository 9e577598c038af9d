using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>What clients are told about their sessions.</summary>
internal static class SessionMessages
{
    public const string Expired = "there is no such session, or it has expired; this request was not applied";

    public const string ExpiredCure =
        "Open another session. If the command was sent before, its outcome is unknown: read before sending it again";

    public const string Acknowledged = "the client has acknowledged this sequence; it is not applied again";

    public const string AcknowledgedCure = "Count sequences upwards from 1, and acknowledge only what was answered";

    public const string TooFarAhead = "the sequence is too far ahead of what is acknowledged";

    public const string TooFarAheadCure = "Wait for the answers to older ones, and acknowledge them";

    public const string Invalid = "session and sequence must not be 0, nor acknowledged_below above the sequence";

    public const string InvalidCure = "See docs/wire-protocol.md";

    /// <summary>Writes the answer to who opened a session: a serialized <see cref="SessionOpened"/>.</summary>
    public static void WriteOpened(IBufferWriter<byte> output, LogIndex index, in SessionRecord record)
    {
        const int LengthMax = 3 * 11;
        Span<byte> into = output.GetSpan(LengthMax);
        int at = WireWriter.WriteField(into, SessionOpened.SessionFieldNumber, index.Value);
        at += WireWriter.WriteField(into[at..], SessionOpened.TimeoutMsFieldNumber, record.First / 1_000);
        at += WireWriter.WriteField(into[at..], SessionOpened.SequencesMaxFieldNumber, SessionLimits.SequencesMax);
        output.Advance(at);
    }
}
