using Chorus.Common.Feed;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Tests.Transfer;

namespace Chorus.Tests.Feed;

/// <summary>Sources of a log, and time that passes only when told to.</summary>
internal abstract class FeedWorld : IFeedInlet, ITransferClientTransport, IClock
{
    public const long HeartbeatMicros = 100_000;

    private readonly List<FakeSource> _sources = [];
    private readonly Queue<(string Source, byte[] Topic, byte[] Header, byte[] Records)> _live = new();
    private readonly Queue<(string Address, byte[] Header, byte[] Body)> _history = new();
    private readonly Dictionary<(string Address, ulong Stream), Queue<(TransferHeader, byte[])>> _streams = [];
    private readonly Queue<(long AtMicros, string Address, ulong Stream)> _slow = new();

    protected FeedWorld(TestRecords log) => Log = log;

    public TestRecords Log { get; }

    public long MonotonicMicros { get; private set; } = 1_000_000_000;

    public long UnixMicros => MonotonicMicros;

    public List<(FakeSource Source, TransferHeader Header)> Requests { get; } = [];

    /// <summary>Transfer addresses whose connections were closed.</summary>
    public List<string> Disconnected { get; } = [];

    /// <summary>What was wanted of feeds, one after the other.</summary>
    public List<(string Address, FeedInterest Interest)> Wanted { get; } = [];

    public IReadOnlyList<FakeSource> Sources => _sources;

    public FakeSource Add(string name, FeedRole role = FeedRole.Follower, ulong commit = 0, TestRecords? log = null)
    {
        var source = new FakeSource(name, log ?? Log) { Role = role, Commit = commit };
        _sources.Add(source);
        return source;
    }

    /// <summary>Lets time pass; every source that is up says how far it is.</summary>
    public void Pass(long micros)
    {
        for (long end = MonotonicMicros + micros; MonotonicMicros < end; MonotonicMicros += HeartbeatMicros / 4)
        {
            if (MonotonicMicros % HeartbeatMicros == 0)
            {
                foreach (FakeSource source in _sources)
                    Publish(source, source.Header(FeedMessageKind.Heartbeat, source.Commit + 1, 0), []);
            }
            SendSlowly();
            Work();
        }
    }

    private void SendSlowly()
    {
        while (_slow.TryPeek(out (long AtMicros, string Address, ulong Stream) due) && due.AtMicros <= MonotonicMicros)
        {
            _slow.Dequeue();
            Send(due.Address, due.Stream, 1);
        }
    }

    /// <summary>Lets time pass without any message, as when the process itself is stopped.</summary>
    public void Freeze(long micros) => MonotonicMicros += micros;

    public void Work()
    {
        while (DoWork())
        {
        }
    }

    protected abstract bool DoWork();

    /// <summary>Commits a record at some sources, which publish it to those who want it.</summary>
    public void Commit(ulong index, params FakeSource[] at)
    {
        foreach (FakeSource source in at)
        {
            ulong first = source.Commit + 1;
            source.Commit = index;
            PublishRange(source, first, index + 1);
        }
    }

    /// <summary>Publishes a batch.</summary>
    public void PublishRange(FakeSource source, ulong from, ulong until) => Publish(
        source, source.Header(FeedMessageKind.Batch, from, (uint)(until - from)), source.Log.Range(from, until));

    public void Publish(FakeSource source, FeedHeader header, byte[] records)
    {
        byte[] bytes = new byte[FeedHeader.SizeBytes];
        header.Encode(bytes);
        PublishRaw(source, header.Kind == FeedMessageKind.Batch, bytes, records);
    }

    public void PublishRaw(FakeSource source, bool isBatch, byte[] header, byte[] records)
    {
        FeedInterest needed = isBatch ? FeedInterest.Everything : FeedInterest.Heartbeats;
        if (source.IsUp && source.Interest >= needed)
            _live.Enqueue((source.FeedAddress, [], header, records));
    }

    void IFeedInlet.Follow(string address, FeedInterest interest)
    {
        Wanted.Add((address, interest));
        if (_sources.Find(s => s.FeedAddress == address) is { } source)
            source.Interest = interest;
    }

    bool IFeedInlet.TryReceive(out FeedMessage message)
    {
        bool any = _live.TryDequeue(out (string Source, byte[] Topic, byte[] Header, byte[] Records) next);
        message = any
            ? new FeedMessage { Source = next.Source, Topic = next.Topic, Header = next.Header, Records = next.Records }
            : default;
        return any;
    }

    bool ITransferClientTransport.TrySend(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        if (_sources.Find(s => s.TransferAddress == address) is not { } source)
            return false;
        Assert.True(TransferHeader.TryDecode(header, out TransferHeader message));
        Requests.Add((source, message));
        if (!source.Serves)
            return true;
        if (message.Type == TransferMessageType.Open)
            _streams[(address, message.Stream)] = new Queue<(TransferHeader, byte[])>(source.Serve(message));
        else if (message.Type == TransferMessageType.Close)
            _streams.Remove((address, message.Stream));
        if (source.ChunkMicros == 0)
            Send(address, message.Stream, message.Credit);
        for (uint i = 0; i < message.Credit && source.ChunkMicros > 0; i++)
            _slow.Enqueue((MonotonicMicros + (_slow.Count + 1) * source.ChunkMicros, address, message.Stream));
        return true;
    }

    private void Send(string address, ulong stream, uint credit)
    {
        if (!_streams.TryGetValue((address, stream), out Queue<(TransferHeader, byte[])>? answers))
            return;
        while (answers.TryPeek(out (TransferHeader Header, byte[] Body) answer)
            && (credit > 0 || answer.Header.Type != TransferMessageType.Chunk))
        {
            answers.Dequeue();
            if (answer.Header.Type == TransferMessageType.Chunk)
                credit--;
            byte[] frame = new byte[TransferHeader.SizeBytes];
            answer.Header.Encode(frame);
            _history.Enqueue((address, frame, answer.Body));
        }
    }

    bool ITransferClientTransport.TryReceive(
        out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        bool any = _history.TryDequeue(out (string Address, byte[] Header, byte[] Body) next);
        (address, header, body) = any ? next : ("", default, default);
        return any;
    }

    void ITransferClientTransport.Disconnect(string address) => Disconnected.Add(address);
}
