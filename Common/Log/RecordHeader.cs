using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// The 48 bytes before every payload, little-endian: length u32 (of the whole record, so never 0), crc32c u32,
/// index u64, term u64, chain u64, time i64, kind u8, flags u8, reserved u16, reserved u32.
/// </summary>
/// <param name="PayloadLength">Length of the payload in bytes; the record is 48 bytes longer.</param>
/// <param name="Index">Position in the log.</param>
/// <param name="Term">Term in which a leader appended it.</param>
/// <param name="Chain">Covers the previous record's chain and this record.</param>
/// <param name="TimeMicros">Leader's clock at append, microseconds since 1970; never falls along the log.</param>
/// <param name="Kind">What the payload is.</param>
public readonly record struct RecordHeader(
    int PayloadLength, LogIndex Index, Term Term, ulong Chain, long TimeMicros, RecordKind Kind)
{
    /// <summary>Bytes before the payload.</summary>
    public const int SizeBytes = 48;

    /// <summary>Bytes of the whole record.</summary>
    public int RecordLength => SizeBytes + PayloadLength;
}
