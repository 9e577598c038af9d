using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// The receiving side of a stream of content Image: a state machine's file, piece by piece, while it changes. Used like
/// <see cref="LogStream"/>. What no piece covers is all zeros.
/// </summary>
/// <remarks>
/// The copy is a state only once the log has been applied to it from <see cref="ApplyFrom"/> up to
/// <see cref="ApplyUntil"/> (trap 20). As soon as <see cref="ApplyFrom"/> is known the caller should open a
/// <see cref="LogStream"/> from there, so that the source keeps that part of its log. A copy that broke off can go on
/// at <see cref="Position"/>, also from another source: then the smallest beginning and the largest end count.
/// </remarks>
public sealed class ImageStream : TransferStream
{
    /// <summary>Makes a stream that is not open.</summary>
    /// <param name="transport">Sends; what it receives, the caller hands to <see cref="TryAccept"/>.</param>
    /// <param name="lane">Another number for each stream over the same transport.</param>
    /// <param name="options">Limits; defaults when null.</param>
    public ImageStream(ITransferClientTransport transport, uint lane = 0, TransferStreamOptions? options = null)
        : base(transport, lane, options)
    {
    }

    /// <summary>Everything of the file before this offset has been handed out, or is zeros.</summary>
    public long Position { get; private set; }

    /// <summary>Length of the file; 0 before the first message.</summary>
    public long Length { get; private set; }

    /// <summary>First index that must be applied to the copy; 0 before the first message.</summary>
    public LogIndex ApplyFrom { get; private set; }

    /// <summary>Index behind the last one that must be applied to the copy; 0 until the stream is complete.</summary>
    public LogIndex ApplyUntil { get; private set; }

    /// <summary>Asks a source.</summary>
    /// <param name="address">Transfer address of the source, <c>host:port</c>.</param>
    /// <param name="clusterId">The cluster; empty for whichever the source belongs to.</param>
    /// <param name="position">Offset from which on the file is wanted; a multiple of its slots.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    public void Open(string address, Guid clusterId, long position, long nowMicros)
    {
        Position = position;
        Length = 0;
        ApplyFrom = ApplyUntil = LogIndex.Zero;
        var request = new TransferHeader
        {
            Type = TransferMessageType.Open,
            Content = TransferContent.Image,
            ClusterId = clusterId,
            Position = position,
        };
        Link.Open(address, request, nowMicros);
    }

    /// <summary>Takes a message that the transport received; as <see cref="LogStream.TryAccept"/>.</summary>
    /// <param name="address">The source, from the transport.</param>
    /// <param name="header">First frame, unchecked.</param>
    /// <param name="body">Second frame, unchecked.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="offset">Where the piece belongs in the file.</param>
    /// <param name="piece">
    /// Whole slots; valid as long as <paramref name="body"/>. Each time that it is not empty,
    /// <see cref="TransferStream.Release"/> is due once.
    /// </param>
    /// <returns>False when the message belongs to somebody else.</returns>
    public bool TryAccept(
        string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, long nowMicros, out long offset,
        out ReadOnlySpan<byte> piece)
    {
        piece = default;
        offset = 0;
        if (!Link.TryTake(address, header, body, nowMicros, out TransferHeader message))
            return false;
        if (message.Type is not (TransferMessageType.Chunk or TransferMessageType.End))
            return true;
        if (Wrong(message, body) is { } what)
        {
            Link.Distrust(what);
            return true;
        }
        if (message.Length > 0)
            (Length, ApplyFrom) = (message.Length, message.First);
        if (message.Type == TransferMessageType.End)
        {
            Position = Length;
            ApplyUntil = message.Limit.Next;
            Link.Complete(message);
            return true;
        }
        Link.Accept(message);
        if (message.Count == 0)
            return true;
        offset = message.Position;
        piece = body;
        Position = offset + body.Length;
        return true;
    }

    private string? Wrong(in TransferHeader message, ReadOnlySpan<byte> body)
    {
        bool isSignOfLife = message.Type == TransferMessageType.Chunk && message.Count == 0;
        if (isSignOfLife)
            return body.IsEmpty ? null : "it sends bytes that belong to no slot";
        if (message.Length < 0 || (Length > 0 && message.Length != Length))
            return $"the file has {message.Length} bytes now, and had {Length} before";
        if (message.First == LogIndex.Zero || (ApplyFrom > LogIndex.Zero && message.First != ApplyFrom))
            return $"the copy begins at index {message.First} now, and did at {ApplyFrom} before";
        if (message.Type == TransferMessageType.End)
            return message.Limit < message.First.Previous ? $"the copy ends at index {message.Limit}" : null;
        if (message.Position < Position || message.Position > message.Length - body.Length)
            return $"{body.Length} bytes at offset {message.Position} of {message.Length} follow offset {Position}";
        return body.IsEmpty || message.Chain != Crc32C.Compute(body)
            ? "the checksum of a piece does not match"
            : null;
    }
}
