using System.Buffers;
using System.Numerics;
using System.Text;

namespace Chorus.Common.Protocol;

/// <summary>
/// Writes the Protocol Buffers wire format straight into a buffer; the counterpart of <see cref="WireReader"/>.
/// </summary>
public static class WireWriter
{
    /// <summary>Bytes that a varint takes.</summary>
    public static int VarintLength(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>
    /// Bytes that a length-delimited field with a one-byte tag takes; 0 for an empty value, which is left out.
    /// </summary>
    public static int FieldLength(int valueLength) =>
        valueLength == 0 ? 0 : 1 + VarintLength((ulong)valueLength) + valueLength;

    /// <summary>Bytes that a varint field with a one-byte tag takes; 0 for the value 0, which is left out.</summary>
    public static int FieldLength(ulong value) => value == 0 ? 0 : 1 + VarintLength(value);

    /// <summary>Writes a varint at the start of a span and returns its length.</summary>
    public static int WriteVarint(Span<byte> into, ulong value)
    {
        int at = 0;
        while (value >= 0x80)
        {
            into[at++] = (byte)(value | 0x80);
            value >>= 7;
        }
        into[at++] = (byte)value;
        return at;
    }

    /// <summary>Writes a varint field (numbers 1 to 15), leaving out the value 0.</summary>
    public static int WriteField(Span<byte> into, int field, ulong value)
    {
        if (value == 0)
            return 0;
        into[0] = (byte)(field << 3);
        return 1 + WriteVarint(into[1..], value);
    }

    /// <summary>Writes a length-delimited field (numbers 1 to 15), leaving out an empty value.</summary>
    public static int WriteField(Span<byte> into, int field, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return 0;
        int at = WriteDelimiter(into, field, value.Length);
        value.CopyTo(into[at..]);
        return at + value.Length;
    }

    /// <summary>Writes tag and length of a length-delimited field whose value follows.</summary>
    public static int WriteDelimiter(Span<byte> into, int field, int valueLength)
    {
        into[0] = (byte)((field << 3) | 2);
        return 1 + WriteVarint(into[1..], (ulong)valueLength);
    }

    /// <summary>Appends one <see cref="Response"/> to a frame of <see cref="Responses"/>.</summary>
    /// <param name="output">The frame under construction.</param>
    /// <param name="id">Id of the request.</param>
    /// <param name="code">How it ended.</param>
    /// <param name="payload">Answer of the state machine.</param>
    /// <param name="message">Cause, for people.</param>
    /// <param name="cure">What to do, for people.</param>
    /// <param name="leader">Client address of the leader, with <see cref="Code.NotLeader"/>.</param>
    /// <param name="index">Index of the entry of a write.</param>
    public static void AppendResponse(
        IBufferWriter<byte> output, ulong id, Code code, ReadOnlySpan<byte> payload,
        string message, string cure, string leader, ulong index)
    {
        int body = FieldLength(id) + FieldLength((ulong)code) + FieldLength(payload.Length)
            + FieldLength(Encoding.UTF8.GetByteCount(message)) + FieldLength(Encoding.UTF8.GetByteCount(cure))
            + FieldLength(Encoding.UTF8.GetByteCount(leader)) + FieldLength(index);
        Span<byte> into = output.GetSpan(body + 6);
        int at = WriteDelimiter(into, 1, body);
        at += WriteField(into[at..], 1, id);
        at += WriteField(into[at..], 2, (ulong)code);
        at += WriteField(into[at..], 3, payload);
        at += WriteText(into[at..], 4, message);
        at += WriteText(into[at..], 5, cure);
        at += WriteText(into[at..], 6, leader);
        at += WriteField(into[at..], 7, index);
        output.Advance(at);
    }

    private static int WriteText(Span<byte> into, int field, string value)
    {
        if (value.Length == 0)
            return 0;
        int length = Encoding.UTF8.GetByteCount(value);
        int at = WriteDelimiter(into, field, length);
        return at + Encoding.UTF8.GetBytes(value, into[at..]);
    }
}
