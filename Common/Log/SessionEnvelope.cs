using System.Buffers.Binary;

namespace Chorus.Common.Log;

/// <summary>
/// What stands before the command in a record of kind <see cref="RecordKind.SessionCommand"/>, little-endian: session
/// u64, sequence u64, acknowledged below u64.
/// </summary>
/// <param name="Session">The client's session: index of the record that opened it; not 0.</param>
/// <param name="Sequence">Number of the command in its session, from 1 on; each is applied once.</param>
/// <param name="AcknowledgedBelow">
/// The client has the answers to all sequences below this one and will never ask for them again; not above
/// <paramref name="Sequence"/>.
/// </param>
public readonly record struct SessionEnvelope(ulong Session, ulong Sequence, ulong AcknowledgedBelow)
{
    /// <summary>Bytes before the command.</summary>
    public const int SizeBytes = 24;

    /// <summary>Whether the numbers can be those of a client that counts as it must.</summary>
    public bool IsValid => Session > 0 && Sequence > 0 && AcknowledgedBelow <= Sequence;

    /// <summary>Writes it.</summary>
    /// <param name="into">At least <see cref="SizeBytes"/> bytes.</param>
    public void Encode(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(into, Session);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(into[16..], AcknowledgedBelow);
    }

    /// <summary>Reads the payload of a record of kind <see cref="RecordKind.SessionCommand"/>.</summary>
    /// <param name="payload">The payload, unchecked.</param>
    /// <param name="envelope">Session and sequence.</param>
    /// <param name="command">The command; a part of <paramref name="payload"/>.</param>
    /// <returns>False when it is none.</returns>
    public static bool TryDecode(
        ReadOnlySpan<byte> payload, out SessionEnvelope envelope, out ReadOnlySpan<byte> command)
    {
        envelope = default;
        command = default;
        if (payload.Length < SizeBytes)
            return false;
        envelope = new SessionEnvelope(
            BinaryPrimitives.ReadUInt64LittleEndian(payload), BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[16..]));
        command = payload[SizeBytes..];
        return envelope.IsValid;
    }
}
