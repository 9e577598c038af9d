using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>Walks over whole records in memory, verifying crc, chain and consecutive indexes.</summary>
public ref struct RecordReader
{
    /// <summary>Starts at the first byte.</summary>
    /// <param name="records">Records back to back.</param>
    /// <param name="first">Index that the first one must have.</param>
    /// <param name="verify">Whether to verify crc and chain (always for bytes from outside).</param>
    public RecordReader(ReadOnlySpan<byte> records, LogIndex first, bool verify) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>Header of the current record.</summary>
    public RecordHeader Header => throw new InvariantViolationException("not built yet");

    /// <summary>Payload of the current record.</summary>
    public ReadOnlySpan<byte> Payload => throw new InvariantViolationException("not built yet");

    /// <summary>Position of the current record in the input.</summary>
    public int Offset => throw new InvariantViolationException("not built yet");

    /// <summary>Null, or what is wrong with the bytes: then nothing behind <see cref="Offset"/> may be used.</summary>
    public string? Error => throw new InvariantViolationException("not built yet");

    /// <summary>Moves to the next record; false at the end or at an error.</summary>
    public bool Read() => throw new InvariantViolationException("not built yet");
}
