using System.Buffers.Binary;

namespace Chorus.Common.Log;

/// <summary>What a record of kind <see cref="RecordKind.Session"/> does.</summary>
public enum SessionAction : byte
{
    /// <summary>Opens a session, whose id is the index of the record; carries the limits that hold from here on.
    /// </summary>
    Open = 1,

    /// <summary>Says that the client of a session is alive, and which answers it has.</summary>
    Keep = 2,

    /// <summary>The client of a session needs it no more.</summary>
    Close = 3,

    /// <summary>Changes nothing: answers, in the order of the log, whether there is such a session.</summary>
    Probe = 4,

    /// <summary>Ends sessions, oldest activity first, until the answers kept fit into a number of bytes.</summary>
    Evict = 5,
}

/// <summary>
/// Payload of a record of kind <see cref="RecordKind.Session"/>, 24 bytes, little-endian: action u8, zeros (7 bytes),
/// first u64, second u64.
/// </summary>
/// <param name="Action">What is done.</param>
/// <param name="First">
/// Open: microseconds of log time after which a session without activity expires. Evict: most bytes of answers to keep.
/// Otherwise the session.
/// </param>
/// <param name="Second">Open: most sessions. Keep: all answers below this sequence are with the client.</param>
public readonly record struct SessionRecord(SessionAction Action, ulong First, ulong Second)
{
    /// <summary>Bytes of the payload.</summary>
    public const int SizeBytes = 24;

    /// <summary>Writes it.</summary>
    /// <param name="into">At least <see cref="SizeBytes"/> bytes.</param>
    public void Encode(Span<byte> into)
    {
        into[..SizeBytes].Clear();
        into[0] = (byte)Action;
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], First);
        BinaryPrimitives.WriteUInt64LittleEndian(into[16..], Second);
    }

    /// <summary>What it says, in words.</summary>
    public string ToText() => Action switch
    {
        SessionAction.Open => $"open, timeout {First / 1_000} ms, at most {Second} sessions",
        SessionAction.Keep => $"keep {First}, acknowledged below {Second}",
        SessionAction.Evict => $"evict until {First} bytes of answers are left",
        _ => $"{Action.ToString().ToLowerInvariant()} {First}",
    };

    /// <summary>Reads a payload; false when it is none that this version knows.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out SessionRecord record)
    {
        record = default;
        if (payload.Length != SizeBytes || (SessionAction)payload[0] is < SessionAction.Open or > SessionAction.Evict)
            return false;
        record = new SessionRecord(
            (SessionAction)payload[0], BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[16..]));
        return true;
    }
}
