using System.Buffers.Binary;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// The receiving side of a stream of content Snapshot: the bytes of a snapshot's file, in order. Used like <see
/// cref="LogStream"/>. What came is believed only once the whole file was verified.
/// </summary>
/// <remarks>
/// A copy that broke off goes on where it was, at whoever has the very same file: index and maker name it.
/// </remarks>
public sealed class SnapshotStream : TransferStream
{
    private const int MakerAt = 64;

    private readonly byte[] _head = new byte[MakerAt + sizeof(ulong)];

    /// <summary>Makes a stream that is not open.</summary>
    /// <param name="transport">Sends; what it receives, the caller hands to <see cref="TryAccept"/>.</param>
    /// <param name="lane">Another number for each stream over the same transport.</param>
    /// <param name="options">Limits; defaults when null.</param>
    public SnapshotStream(ITransferClientTransport transport, uint lane = 0, TransferStreamOptions? options = null)
        : base(transport, lane, options)
    {
    }

    /// <summary>Everything of the file before this offset has been handed out.</summary>
    public long Position { get; private set; }

    /// <summary>Length of the file; 0 before the first message, and while the source is still taking it.</summary>
    public long Length { get; private set; }

    /// <summary>Index of the snapshot; 0 before the first message.</summary>
    public LogIndex Index { get; private set; }

    // Of one that was being taken there may be another with the same index by now, if its maker had to begin anew.
    private bool CanGoOn => Position >= _head.Length && Length > 0;

    /// <summary>Asks a source for its newest snapshot, from its beginning.</summary>
    /// <param name="address">Transfer address of the source, <c>host:port</c>.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="atLeast">Index that the snapshot must have at least; not 0.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="wantsNewer">Whether a newer one is worth waiting for, where much log is behind it.</param>
    public void Open(string address, Guid clusterId, LogIndex atLeast, long nowMicros, bool wantsNewer = false)
    {
        (Position, Length, Index) = (0, 0, LogIndex.Zero);
        Ask(address, clusterId, atLeast, nowMicros, wantsNewer);
    }

    /// <summary>Asks a source for the rest of what has come so far; from the beginning where that is little.</summary>
    /// <param name="address">Transfer address of the source, <c>host:port</c>.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="atLeast">As in <see cref="Open"/>.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="wantsNewer">As in <see cref="Open"/>.</param>
    public void GoOn(string address, Guid clusterId, LogIndex atLeast, long nowMicros, bool wantsNewer = false)
    {
        if (CanGoOn && Index >= atLeast)
            Ask(address, clusterId, Index, nowMicros, wantsNewer: false);
        else
            Open(address, clusterId, atLeast, nowMicros, wantsNewer);
    }

    /// <summary>What has come so far is lost: the next stream begins anew.</summary>
    public void Forget() => (Position, Length, Index) = (0, 0, LogIndex.Zero);

    /// <summary>Takes a message that the transport received; as <see cref="LogStream.TryAccept"/>.</summary>
    /// <param name="address">The source, from the transport.</param>
    /// <param name="header">First frame, unchecked.</param>
    /// <param name="body">Second frame, unchecked.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="piece">
    /// The bytes before <see cref="Position"/>; valid as long as <paramref name="body"/>. Each time that it is not
    /// empty, <see cref="TransferStream.Release"/> is due once.
    /// </param>
    /// <returns>False when the message belongs to somebody else.</returns>
    public bool TryAccept(
        string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, long nowMicros,
        out ReadOnlySpan<byte> piece)
    {
        piece = default;
        if (!Link.TryTake(address, header, body, nowMicros, out TransferHeader message))
            return false;
        if (message.Type is not (TransferMessageType.Chunk or TransferMessageType.End))
            return true;
        if (Wrong(message, body) is { } what)
        {
            Link.Distrust(what);
            return true;
        }
        if (message.Type == TransferMessageType.End)
        {
            Length = message.Length;
            Link.Complete(message);
            return true;
        }
        Link.Accept(message);
        if (message.Count == 0)
            return true;
        (Length, Index) = (message.Length, message.First);
        if (Position < _head.Length)
            body[..(int)Math.Min(body.Length, _head.Length - Position)].CopyTo(_head.AsSpan((int)Position));
        Position += body.Length;
        piece = body;
        return true;
    }

    private void Ask(string address, Guid clusterId, LogIndex index, long nowMicros, bool wantsNewer) => Link.Open(
        address,
        new TransferHeader
        {
            Type = TransferMessageType.Open,
            Content = TransferContent.Snapshot,
            ClusterId = clusterId,
            First = index,
            Position = Position,
            IsNewerWanted = wantsNewer && Position == 0,
            IsGrowingTaken = true,
            Chain = Position > 0 ? BinaryPrimitives.ReadUInt64LittleEndian(_head.AsSpan(MakerAt)) : 0,
            IsChainKnown = Position > 0,
        },
        nowMicros);

    private string? Wrong(in TransferHeader message, ReadOnlySpan<byte> body)
    {
        if (message.Type == TransferMessageType.End)
        {
            return Position > 0 && Position == message.Length && (Length == 0 || Length == message.Length)
                ? null
                : $"it ends at offset {Position} of {Math.Max(Length, message.Length)}";
        }
        if (message.Count == 0)
            return body.IsEmpty ? null : "it sends bytes that belong to nothing";
        bool isOther = Index > LogIndex.Zero && message.First != Index;
        // A length that is known, here or there, does not change.
        if (isOther || message.Length < 0 || (Length > 0 && message.Length != Length))
            return $"the snapshot is another one now: {message.Length} bytes, index {message.First}";
        bool isLong = message.Length > 0 && body.Length > message.Length - Position;
        if (message.Position != Position || isLong)
            return $"{body.Length} bytes at offset {message.Position} of {message.Length} follow offset {Position}";
        return body.IsEmpty || message.Chain != Crc32C.Compute(body)
            ? "the checksum of a piece does not match"
            : null;
    }
}
