using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// The receiving side of a stream of content Compact: of a range of commands those that decide what stands under each
/// key, in the order of the log. Used like <see cref="LogStream"/>. Every record's checksum is verified; that none is
/// missing only the digest of the state can tell.
/// </summary>
public sealed class CompactStream : TransferStream
{
    private LogIndex _until;

    /// <summary>Makes a stream that is not open.</summary>
    /// <param name="transport">Sends; what it receives, the caller hands to <see cref="TryAccept"/>.</param>
    /// <param name="lane">Another number for each stream over the same transport.</param>
    /// <param name="options">Limits; defaults when null.</param>
    public CompactStream(ITransferClientTransport transport, uint lane = 0, TransferStreamOptions? options = null)
        : base(transport, lane, options)
    {
    }

    /// <summary>
    /// Everything before this index has been handed out. A stream that ended early is opened again from here, at any
    /// source, with the same end.
    /// </summary>
    public LogIndex Next { get; private set; }

    /// <summary>Asks a source.</summary>
    /// <param name="address">Transfer address of the source, <c>host:port</c>.</param>
    /// <param name="clusterId">The cluster; empty for whichever the source belongs to.</param>
    /// <param name="first">First index of the range; not 0.</param>
    /// <param name="until">Index behind the last one; the source must have all of it.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    public void Open(string address, Guid clusterId, LogIndex first, LogIndex until, long nowMicros)
    {
        Check.That(first > LogIndex.Zero && until > first, "a range ends behind its beginning");
        Next = first;
        _until = until;
        var request = new TransferHeader
        {
            Type = TransferMessageType.Open,
            Content = TransferContent.Compact,
            ClusterId = clusterId,
            First = first,
            Until = until,
        };
        Link.Open(address, request, nowMicros);
    }

    /// <summary>Takes a message that the transport received; as <see cref="LogStream.TryAccept"/>.</summary>
    /// <param name="address">The source, from the transport.</param>
    /// <param name="header">First frame, unchecked.</param>
    /// <param name="body">Second frame, unchecked.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="records">
    /// Records back to back, to be read with <see cref="RecordCodec"/>, for their indexes have gaps; valid as long as
    /// <paramref name="body"/>. Each time that it is not empty, <see cref="TransferStream.Release"/> is due once.
    /// </param>
    /// <returns>False when the message belongs to somebody else.</returns>
    public bool TryAccept(
        string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, long nowMicros,
        out ReadOnlySpan<byte> records)
    {
        records = default;
        if (!Link.TryTake(address, header, body, nowMicros, out TransferHeader message))
            return false;
        if (message.Type == TransferMessageType.End)
            TakeEnd(message);
        else if (message.Type == TransferMessageType.Chunk && TryTakeChunk(message, body))
            records = body;
        return true;
    }

    private void TakeEnd(in TransferHeader end)
    {
        if (end.First != _until)
        {
            Link.Distrust($"it ends before index {end.First}, but was asked for everything before {_until}");
            return;
        }
        Next = _until;
        Link.Complete(end);
    }

    private bool TryTakeChunk(in TransferHeader chunk, ReadOnlySpan<byte> body)
    {
        if (Wrong(chunk, body) is { } what)
        {
            Link.Distrust(what);
            return false;
        }
        Next = chunk.Until;
        Link.Accept(chunk);
        return chunk.Count > 0;
    }

    private string? Wrong(in TransferHeader chunk, ReadOnlySpan<byte> body)
    {
        if (chunk.First != Next)
            return $"it goes on at index {chunk.First} where {Next} belongs";
        if (chunk.Until < chunk.First || chunk.Until > _until)
            return $"it sends up to index {chunk.Until}, but was asked for {chunk.First} to {_until}";
        LogIndex next = Next;
        uint count = 0;
        for (; body.Length > 0; count++)
        {
            if (body.Length < RecordHeader.SizeBytes)
                return $"{body.Length} bytes are left where a record must begin";
            RecordHeader record = RecordCodec.Header(body);
            if ((RecordCheck.Shape(body, record.Index) ?? RecordCheck.Content(body[..record.RecordLength])) is { } what)
                return what;
            bool isCommand = record.Kind is RecordKind.Command or RecordKind.SessionCommand;
            if (record.Index < next || record.Index >= chunk.Until || !isCommand)
                return $"record {record.Index} of kind {record.Kind} has no place in a range that goes on at {next}";
            next = record.Index.Next;
            body = body[record.RecordLength..];
        }
        return count == chunk.Count ? null : $"{count} records came where {chunk.Count} were announced";
    }
}
