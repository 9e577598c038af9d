using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>What makes a record valid, in the order in which to ask. Answers are null or what is wrong.</summary>
internal static class RecordCheck
{
    /// <summary>Whether a whole record with the right index begins here.</summary>
    public static string? Shape(ReadOnlySpan<byte> bytes, LogIndex expected)
    {
        if (bytes.Length < RecordHeader.SizeBytes)
            return $"{bytes.Length} bytes are left where a record of at least {RecordHeader.SizeBytes} must begin";
        uint length = RecordCodec.Length(bytes);
        if (length < RecordHeader.SizeBytes || length > (uint)bytes.Length)
            return $"a record claims {length} bytes, {bytes.Length} are there";
        LogIndex index = RecordCodec.Header(bytes).Index;
        return index == expected ? null : $"a record has index {index} where {expected} belongs";
    }

    /// <summary>Whether a record is what was once encoded, and something that this version understands.</summary>
    public static string? Content(ReadOnlySpan<byte> record) =>
        Content(record, Crc32C.Compute(record[RecordCodec.IndexAt..]));

    /// <summary>The same with its checksum computed already.</summary>
    public static string? Content(ReadOnlySpan<byte> record, uint crc) =>
        RecordCodec.CrcOf(record) == crc ? Kind(record) : "the checksum of a record does not match";

    /// <summary>Whether this version understands a record whose checksum is right.</summary>
    public static string? Kind(ReadOnlySpan<byte> record)
    {
        RecordKind kind = RecordCodec.Header(record).Kind;
        if (kind is < RecordKind.Command or > RecordKind.SessionCommand)
            return $"it is of kind {(byte)kind}, this version knows kinds up to {(byte)RecordKind.SessionCommand}: "
                + "it was made by a newer Chorus";
        return RecordCodec.ReservedIsZero(record)
            ? null
            : "it has flags, this version knows none: it was made by a newer Chorus";
    }

    /// <summary>Whether a record may stand behind another.</summary>
    public static string? Continues(ReadOnlySpan<byte> record, in RecordHeader previous) =>
        Continues(record, previous, RecordCodec.Chain(previous.Chain, record));

    /// <summary>The same with its chain computed already.</summary>
    public static string? Continues(ReadOnlySpan<byte> record, in RecordHeader previous, ulong chain)
    {
        RecordHeader header = RecordCodec.Header(record);
        if (header.Term < previous.Term)
            return $"a record of term {header.Term} stands behind one of term {previous.Term}";
        if (header.TimeMicros < previous.TimeMicros)
            return "the time of a record lies before that of its predecessor";
        return chain == header.Chain
            ? null
            : "the chain of a record does not continue its predecessor's";
    }
}
