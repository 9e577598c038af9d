using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Recovery;
using Microsoft.Extensions.Logging.Abstractions;
using Member = Chorus.Raft.Member;

namespace Chorus.Tests.Replica;

/// <summary>
/// A replica <c>b</c> with an empty log, of a cluster of <c>a</c>, <c>b</c>, <c>c</c>, <c>d</c> and an observer
/// <c>o</c>; tests speak as its leader <c>a</c> and behind its sources.
/// </summary>
internal sealed class CatchUpNode : IDisposable
{
    private static readonly NodeId Leader = new("a");
    private static readonly NodeId Self = new("b");
    private readonly FakePeers _peers = new();
    private readonly ManualClock _clock = new();
    private readonly byte[] _header = new byte[PeerCodec.HeaderBytesMax];
    private Term _term = new(1);
    private ulong _turns;

    public CatchUpNode(int entries, ReplicaOptions? options = null, IDiskExecutor? disk = null)
    {
        Records = Committed(entries);
        Log = RecordLog.Open(
            new MemoryStorage(), disk ?? new InlineDiskExecutor(), new LogOptions(), Records.ClusterId);
        options ??= Options;
        Replica = new Chorus.Common.Replica.Replica(
            options with { ClusterId = Records.ClusterId }, Log, new Nothing(),
            new ReplicaPorts { Peers = _peers, Clients = new NoClients(), Fetch = Sources, Clock = _clock },
            NullLogger.Instance);
    }

    public static ReplicaOptions Options { get; } = new()
    {
        Id = Self,
        Incarnation = 2,
        ClusterId = Guid.Empty,
        PeerAddress = "b:12000",
        ClientAddress = "b:11000",
        CatchUpLagEntries = 50,
        CatchUpBytesPerRound = 4_000,
        CatchUpStream = new TransferStreamOptions { ChunkBytes = 1_000, WindowChunks = 4 },
    };

    /// <summary>What the cluster has committed; its first record is the configuration.</summary>
    public FakeLog Records { get; }

    public FakeSources Sources { get; } = new();

    public RecordLog Log { get; }

    public Chorus.Common.Replica.Replica Replica { get; }

    public ReplicaCounters Counters => Replica.Counters;

    /// <summary>Highest index that it has acknowledged to its leader.</summary>
    public ulong Acknowledged =>
        _peers.Sent.OfType<AppendAccepted>().Select(m => m.Match.Value).DefaultIfEmpty().Max();

    /// <summary>A log as the cluster has it, or another one of the same length.</summary>
    public static FakeLog Committed(int entries, string prefix = "value")
    {
        var log = new FakeLog();
        log.Append(ConfigurationCodec.Encode(new Configuration(
        [
            Named("a", MemberKind.Voter), Named("b", MemberKind.Voter), Named("c", MemberKind.Voter),
            Named("d", MemberKind.Learner), Named("o", MemberKind.Observer),
        ])), RecordKind.Configuration);
        for (int i = 2; i <= entries; i++)
            log.Append(System.Text.Encoding.UTF8.GetBytes($"{prefix} {i}"));
        return log;

        static Member Named(string id, MemberKind kind) =>
            new(new NodeId(id), (ulong)(id[0] - 'a' + 1), kind, $"{id}:12000", $"{id}:11000");
    }

    /// <summary>Adds a source with the log of the cluster, or with another one.</summary>
    public FakeSource Add(string id, FakeLog? log = null) => Sources.Add($"{id}:14000", log ?? Records);

    /// <summary>The leader sends the entries <c>[from, until)</c>, of its own or another log.</summary>
    public void Hear(ulong from, ulong until, ulong commit, FakeLog? log = null, ulong term = 1)
    {
        log ??= Records;
        List<byte> records = [];
        for (ulong index = from; index < until; index++)
            records.AddRange(log.Record(new LogIndex(index)));
        byte[] bytes = [.. records];
        var previous = new LogIndex(from - 1);
        EntryRange range = RecordRange.TryRead(bytes, previous, until - from, out string? error)!;
        Assert.Null(error);
        Term previousTerm = from == 1 ? Term.Zero : log.HeaderAt(previous).Term;
        _term = new Term(term);
        Arrive(
            new AppendRequest(Leader, 1, Self, _term, previous, previousTerm, range, new LogIndex(commit)), bytes);
        Work();
    }

    /// <summary>Time passes; the loop turns every millisecond and hears its leader every 20.</summary>
    public void Run(int milliseconds)
    {
        for (int i = 0; i < milliseconds; i++)
        {
            _clock.MonotonicMicros += 1_000;
            if (++_turns % 20 == 0)
                Arrive(new HeartbeatRequest(Leader, 1, Self, _term, LogIndex.Zero, _turns), []);
            Work();
        }
    }

    public void RunUntil(Func<bool> condition, string what)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 60_000, $"not within a minute: {what}");
            Run(1);
        }
    }

    public void Work() => Replica.DoWork();

    public void Dispose() => Log.Dispose();

    private void Arrive(Message message, byte[] records)
    {
        var envelope = new PeerEnvelope(Records.ClusterId, Leader, 1, Self, "a:12000", "a:11000");
        int length = PeerCodec.Encode(envelope, message, _header);
        _peers.Arriving.Enqueue((_header[..length], records));
    }

    private sealed class FakePeers : IPeerTransport
    {
        private (byte[] Header, byte[] Records) _current;

        public Queue<(byte[] Header, byte[] Records)> Arriving { get; } = new();

        public List<Message> Sent { get; } = [];

        public long DroppedTotal => 0;

        public bool TryReceive(out PeerFrame frame)
        {
            bool any = Arriving.TryDequeue(out _current);
            frame = any ? new PeerFrame(_current.Header, _current.Records) : default;
            return any;
        }

        public void Send(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records)
        {
            Assert.True(PeerCodec.TryDecode(header, records, out PeerMessage message, out string? error), error);
            Sent.Add(message.Message!);
        }

        public void Retain(IReadOnlyCollection<string> addresses)
        {
        }
    }

    private sealed class NoClients : IClientTransport
    {
        public long DroppedTotal => 0;

        public bool TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame)
        {
            connection = null!;
            frame = default;
            return false;
        }

        public void Send(ClientConnection connection, ReadOnlySpan<byte> frame)
        {
        }
    }

    private sealed class Nothing : IStateMachine
    {
        public ulong Digest => 0;

        public Code Validate(ReadOnlySpan<byte> command, out string message) => throw new NotSupportedException();

        public Code Apply(LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response) =>
            Code.Ok;

        public Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message) =>
            throw new NotSupportedException();
    }
}
