using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>A frame of <c>Requests</c> under construction, in a buffer that is used again.</summary>
internal sealed class RequestFrame
{
    /// <summary>Requests in one frame at most.</summary>
    internal const int RequestsMax = 4096;

    /// <summary>Bytes of one frame at most, unless a single request is larger.</summary>
    internal const int SizeBytesMax = 1 << 20;

    // Six tags, two lengths and five numbers, each as long as it can get.
    private const int OverheadBytesMax = 72;
    private const int RequestsField = 1;
    private const int IdField = 1;
    private const int ReadsField = Request.ReadsFieldNumber;
    private const int SessionField = Request.SessionFieldNumber;
    private const int SequenceField = Request.SequenceFieldNumber;
    private const int AcknowledgedBelowField = Request.AcknowledgedBelowFieldNumber;

    private byte[] _buffer = new byte[16 * 1024];
    private int _length;

    internal ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    internal int Count { get; private set; }

    internal void Clear() => _length = Count = 0;

    /// <summary>Whether a request with such a body may still be added.</summary>
    internal bool HasRoom(int bodyLength) =>
        Count == 0 || (Count < RequestsMax && _length + bodyLength + OverheadBytesMax <= SizeBytesMax);

    /// <summary>Adds a request.</summary>
    /// <param name="id">Echoed in the answer.</param>
    /// <param name="field">Number of the field of the body in <c>Request</c>.</param>
    /// <param name="body">The serialized body; written also when empty, for it says what is asked.</param>
    /// <param name="session">The session of a write; 0: none.</param>
    /// <param name="sequence">Its sequence in it.</param>
    /// <param name="acknowledgedBelow">The client has the answers to all sequences below.</param>
    /// <param name="reads">How a read is answered.</param>
    internal void Add(
        ulong id, int field, ReadOnlySpan<byte> body, ulong session = 0, ulong sequence = 0,
        ulong acknowledgedBelow = 0, ReadMode reads = ReadMode.Server)
    {
        int needed = _length + body.Length + OverheadBytesMax;
        if (needed > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(needed, _buffer.Length * 2));
        int request = WireWriter.FieldLength(id) + 1 + WireWriter.VarintLength((ulong)body.Length) + body.Length
            + WireWriter.FieldLength(session) + WireWriter.FieldLength(sequence)
            + WireWriter.FieldLength(acknowledgedBelow) + WireWriter.FieldLength((ulong)reads);
        Span<byte> into = _buffer.AsSpan(_length);
        int at = WireWriter.WriteDelimiter(into, RequestsField, request);
        at += WireWriter.WriteField(into[at..], IdField, id);
        at += WireWriter.WriteField(into[at..], SessionField, session);
        at += WireWriter.WriteField(into[at..], SequenceField, sequence);
        at += WireWriter.WriteField(into[at..], AcknowledgedBelowField, acknowledgedBelow);
        at += WireWriter.WriteDelimiter(into[at..], field, body.Length);
        body.CopyTo(into[at..]);
        at += body.Length;
        at += WireWriter.WriteField(into[at..], ReadsField, (ulong)reads);
        _length += at;
        Count++;
    }
}
