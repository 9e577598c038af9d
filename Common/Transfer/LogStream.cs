using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// The receiving side of one stream of log records: asks a source, verifies every record and the chain, hands the bytes
/// out as they stand in the log, and says how it ended. It has no thread and never waits.
/// </summary>
/// <remarks>
/// <code>
/// stream.Open(address, cluster, last, until, now);                 // again, elsewhere, whenever it ended early
/// while (transport.TryReceive(out address, out header, out body))  // one transport, any number of streams
///     if (stream.TryAccept(address, header, body, now, out records) &amp;&amp; records.Length > 0)
///         ... use records, then stream.Release(now), now or later: at most WindowChunks are held back
/// stream.Poll(now);                                                // not later than NextWorkMicros
/// if (stream.State is not TransferStreamState.Open) ...            // Complete, Refused, Silent, Untrue
/// </code>
/// What was handed out is verified and counts, however the stream ends: opened again with <see cref="Last"/>, at this
/// source or another, it goes on with the very next record. Owned by the thread that owns the transport.
/// </remarks>
public sealed class LogStream : TransferStream
{
    private readonly int _chunkBytes;
    private LogIndex _until;
    private bool _isChainKnown;
    private bool _hasOtherChain;

    /// <summary>Makes a stream that is not open.</summary>
    /// <param name="transport">Sends; what it receives, the caller hands to <see cref="TryAccept"/>.</param>
    /// <param name="lane">Another number for each stream over the same transport.</param>
    /// <param name="options">Limits; defaults when null.</param>
    public LogStream(ITransferClientTransport transport, uint lane = 0, TransferStreamOptions? options = null)
        : base(transport, lane, options) => _chunkBytes = (options ?? new TransferStreamOptions()).ChunkBytes;

    /// <summary>
    /// Header of the last record that was handed out; before the first one, that of the record before it: of index
    /// <c>first - 1</c> and, where the caller does not know it, with nothing but the chain that the source says.
    /// </summary>
    public RecordHeader Last { get; private set; }

    /// <summary>Index of the next record.</summary>
    public LogIndex Next => Last.Index.Next;

    /// <summary>
    /// Chain of the record before the first: who fetches ranges from several sources compares it with the end of the
    /// range before. Known once a record has arrived.
    /// </summary>
    public ulong ChainBefore { get; private set; }

    /// <summary>Last index that the source could have sent when it last spoke; 0 before.</summary>
    public LogIndex Limit => Link.Limit;

    /// <summary>
    /// Whether the stream ended because the source's record at <see cref="Last"/> is another one than the caller's: one
    /// of the two holds a wrong log.
    /// </summary>
    public bool HoldsAnotherLog => _hasOtherChain || Refusal == TransferRefusal.WrongChain;

    /// <summary>Asks a source for what follows a record that the caller has. What was open before is closed.</summary>
    /// <param name="address">Transfer address of the source, <c>host:port</c>.</param>
    /// <param name="clusterId">The cluster; empty for whichever the source belongs to.</param>
    /// <param name="last">The record before the first one wanted; default: from the beginning of the log.</param>
    /// <param name="until">
    /// Index behind the last record wanted; 0 for all that the source has now; the largest number to go on for ever.
    /// What is not there yet is waited for.
    /// </param>
    /// <param name="nowMicros">Monotonic time.</param>
    public void Open(string address, Guid clusterId, in RecordHeader last, LogIndex until, long nowMicros)
    {
        Last = last;
        ChainBefore = last.Chain;
        _isChainKnown = true;
        Ask(address, clusterId, until, nowMicros);
    }

    /// <summary>Asks a source for a range of which the caller does not know the record before the first.</summary>
    /// <param name="address">Transfer address of the source, <c>host:port</c>.</param>
    /// <param name="clusterId">The cluster; empty for whichever the source belongs to.</param>
    /// <param name="first">First index wanted; not 0.</param>
    /// <param name="until">As in <see cref="Open"/>.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    public void OpenAt(string address, Guid clusterId, LogIndex first, LogIndex until, long nowMicros)
    {
        Last = new RecordHeader(0, first.Previous, Term.Zero, 0, 0, RecordKind.NoOp);
        ChainBefore = 0;
        _isChainKnown = first.Value == 1;
        Ask(address, clusterId, until, nowMicros);
    }

    /// <summary>Takes a message that the transport received, if it belongs to this stream.</summary>
    /// <param name="address">The source, from the transport.</param>
    /// <param name="header">First frame, unchecked.</param>
    /// <param name="body">Second frame, unchecked.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="records">
    /// Verified records, the next ones behind <see cref="Last"/> as it was before the call; a part of
    /// <paramref name="body"/>, valid as long as that. Often empty. Each time that it is not,
    /// <see cref="TransferStream.Release"/> is due once.
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

    private void Ask(string address, Guid clusterId, LogIndex until, long nowMicros)
    {
        Check.That(until == LogIndex.Zero || until > Last.Index, "a range ends behind its beginning");
        _until = until;
        _hasOtherChain = false;
        Link.Open(
            address,
            new TransferHeader
            {
                Type = TransferMessageType.Open,
                Content = TransferContent.Log,
                ClusterId = clusterId,
                First = Next,
                Until = until,
                Chain = _isChainKnown ? Last.Chain : 0,
                IsChainKnown = _isChainKnown,
            },
            nowMicros);
    }

    private void TakeEnd(in TransferHeader end)
    {
        if (end.First != Next)
            Link.Distrust($"it ends before index {end.First}, but sent everything before {Next}");
        else if (_until != LogIndex.Zero && Next != _until)
            Link.Distrust($"it ends before index {Next}, but was asked for everything before {_until}");
        else
            Link.Complete(end);
    }

    private bool TryTakeChunk(in TransferHeader chunk, ReadOnlySpan<byte> body)
    {
        RecordHeader last = Last;
        if ((WrongFrame(chunk, body.Length) ?? WrongRecords(chunk, body, ref last)) is { } what)
        {
            Link.Distrust(what);
            return false;
        }
        Link.Accept(chunk);
        if (chunk.Count == 0)
            return false;
        if (!_isChainKnown)
            ChainBefore = chunk.Chain;
        _isChainKnown = true;
        Last = last;
        return true;
    }

    private string? WrongFrame(in TransferHeader chunk, int bytes)
    {
        if (chunk.First != Next)
            return $"it sends index {chunk.First} where {Next} belongs";
        if (chunk.Until < chunk.First || chunk.Until - chunk.First != chunk.Count)
            return $"{chunk.Count} records do not reach from index {chunk.First} to {chunk.Until}";
        if (_until != LogIndex.Zero && chunk.Until > _until)
            return $"it sends up to index {chunk.Until}, but was asked for what is before {_until}";
        if (chunk.Limit < chunk.Until.Previous)
            return $"it sends up to index {chunk.Until}, but says that it may send up to {chunk.Limit}";
        if (chunk.Count > 1 && bytes > _chunkBytes)
            return $"it sends {bytes} bytes at once, but was asked for {_chunkBytes} at most";
        _hasOtherChain = _isChainKnown && chunk.Count > 0 && chunk.Chain != Last.Chain;
        if (_hasOtherChain)
            return $"its record {Last.Index} is another one: the chains differ";
        return null;
    }

    private string? WrongRecords(in TransferHeader chunk, ReadOnlySpan<byte> body, ref RecordHeader last)
    {
        if (!_isChainKnown)
            last = last with { Chain = chunk.Chain };
        var reader = new RecordReader(body, chunk.First, verify: true);
        uint count = 0;
        while (reader.Read())
        {
            if (count++ == 0 && RecordCheck.Continues(reader.Record, last) is { } what)
                return what;
            last = reader.Header;
        }
        if (reader.Error is null && count != chunk.Count)
            return $"{count} records came where {chunk.Count} were announced";
        return reader.Error;
    }
}
