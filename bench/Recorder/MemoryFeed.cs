using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Bench.Recorder;

/// <summary>
/// A source in memory: batches made beforehand, given as fast as there is room for them. Transfer has nothing.
/// </summary>
internal sealed class MemoryFeed : IFeedInlet, ITransferClientTransport
{
    private const int BatchesPerHeartbeat = 64;

    private readonly List<(byte[] Header, byte[] Records)> _batches = [];
    private readonly byte[] _heartbeat = new byte[FeedHeader.SizeBytes];
    private string _source = "";
    private bool _wantsLog;
    private int _sinceBeat = BatchesPerHeartbeat;
    private int _next;

    /// <summary>Makes all batches.</summary>
    public MemoryFeed(Guid clusterId, int payloadBytes, int batchBytes, long bytes)
    {
        var term = new Term(1);
        byte[] payload = new byte[payloadBytes];
        new Random(1).NextBytes(payload);
        int length = RecordHeader.SizeBytes + payloadBytes;
        uint perBatch = (uint)Math.Max(1, batchBytes / length);
        ulong chain = 0;
        var index = new LogIndex(1);
        for (long made = 0; made < bytes; made += perBatch * length)
        {
            byte[] header = new byte[FeedHeader.SizeBytes];
            byte[] records = new byte[perBatch * length];
            LogIndex last = index + (perBatch - 1);
            new FeedHeader(
                FeedMessageKind.Batch, FeedRole.Follower, clusterId, term, index, perBatch, last, chain, 1)
                .Encode(header);
            for (int i = 0; i < perBatch; i++, index = index.Next)
            {
                Span<byte> record = records.AsSpan(i * length, length);
                chain = RecordCodec.Encode(record, index, term, chain, 1, RecordKind.Command, payload);
            }
            _batches.Add((header, records));
        }
        Last = index.Previous;
        Bytes = _batches.Sum(batch => (long)batch.Records.Length);
        new FeedHeader(
            FeedMessageKind.Heartbeat, FeedRole.Follower, clusterId, term, new LogIndex(1), 0, LogIndex.Zero, 0, 0)
            .Encode(_heartbeat);
    }

    /// <summary>Last index.</summary>
    public LogIndex Last { get; }

    /// <summary>Bytes of all records.</summary>
    public long Bytes { get; }

    /// <summary>Whether the receiver takes more at the moment.</summary>
    public Func<long, bool> HasRoom { get; set; } = _ => true;

    public void Rewind() => (_next, _sinceBeat, _wantsLog) = (0, BatchesPerHeartbeat, false);

    public void Follow(string address, FeedInterest interest)
    {
        _source = address;
        _wantsLog = interest == FeedInterest.Everything;
    }

    public bool TryReceive(out FeedMessage message)
    {
        message = default;
        if (_source.Length == 0)
            return false;
        // Without heartbeats a source counts as silent.
        if (++_sinceBeat >= BatchesPerHeartbeat)
        {
            _sinceBeat = 0;
            message = Message(FeedTopics.Heartbeat, _heartbeat, default);
            return true;
        }
        if (!_wantsLog || _next == _batches.Count || !HasRoom(_batches[_next].Records.Length))
            return false;
        (byte[] header, byte[] records) = _batches[_next++];
        message = Message(FeedTopics.Log, header, records);
        return true;
    }

    public bool TrySend(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body) => true;

    public bool TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        address = "";
        header = body = default;
        return false;
    }

    public void Disconnect(string address)
    {
    }

    private FeedMessage Message(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records) =>
        new() { Source = _source, Topic = topic, Header = header, Records = records };
}
