using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Member = Chorus.Raft.Member;

namespace Chorus.Tests.Replica;

/// <summary>A cluster of one replica in memory, whose client, disk, applying thread and clock are the test.</summary>
internal sealed class SessionWorld : IDisposable
{
    private readonly Clients _clients = new();
    private readonly Steps _apply = new();
    private readonly bool _onThread;
    private SnapshotOptions? _snapshots;
    private readonly SlotStateMachineOptions? _slots;
    private readonly bool _isDurable;
    private RecordLog _log;

    /// <param name="limits">Of sessions; the defaults where null.</param>
    /// <param name="onThread">Whether a thread of its own applies; always with slots.</param>
    /// <param name="snapshots">When they are taken; null: never.</param>
    /// <param name="slots">Keeps the state in a file of slots; null: in memory.</param>
    /// <param name="isDurable">Whether it tells others that its log is on a disk.</param>
    public SessionWorld(
        SessionLimits? limits = null, bool onThread = false, SnapshotOptions? snapshots = null,
        SlotStateMachineOptions? slots = null, bool isDurable = true)
    {
        (_slots, _isDurable) = (slots, isDurable);
        Limits = limits ?? new SessionLimits();
        _onThread = onThread || slots is not null;
        _snapshots = snapshots;
        (_log, Replica, Machine) = Start();
        RunUntil(() => Replica.Node.Role == Role.Leader);
        Run(5);
    }

    public SessionLimits Limits { get; set; }

    public ManualClock Clock { get; } = new();

    public Chorus.Common.Replica.Replica Replica { get; private set; }

    public IStateMachine Machine { get; private set; }

    public RecordLog Log => _log;

    /// <summary>The disk; held, nothing is committed.</summary>
    public Steps Disk { get; } = new();

    /// <summary>The data directory.</summary>
    public MemoryStorage Storage { get; } = new();

    /// <summary>Where others see its snapshots, and ask for newer ones.</summary>
    public SnapshotView Snapshots { get; } = new();

    public static ByteString Set(string key, string value) =>
        new KvCommand
        {
            Operation = KvCommand.Types.Operation.Set,
            Key = ByteString.CopyFromUtf8(key),
            Value = ByteString.CopyFromUtf8(value),
        }.ToByteString();

    public static ByteString Increment(string key, long delta = 1) =>
        new KvCommand
        {
            Operation = KvCommand.Types.Operation.Increment,
            Key = ByteString.CopyFromUtf8(key),
            Delta = delta,
        }.ToByteString();

    public static Request Write(ulong session, ulong sequence, ByteString command, ulong acknowledgedBelow = 1) => new()
    {
        Session = session,
        Sequence = sequence,
        AcknowledgedBelow = acknowledgedBelow,
        Write = command,
    };

    /// <summary>Opens a session and returns its id.</summary>
    public ulong Open()
    {
        Response answer = Ask(new Request { ChangeSession = new ChangeSession() });
        Assert.Equal(Code.Ok, answer.Code);
        SessionOpened opened = SessionOpened.Parser.ParseFrom(answer.Payload);
        Assert.Equal(answer.Index, opened.Session);
        return opened.Session;
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    public Response Ask(Request request)
    {
        ulong id = Send(request);
        RunUntil(() => Answer(id) is not null);
        return Answer(id)!;
    }

    /// <summary>Sends a request.</summary>
    public ulong Send(Request request)
    {
        request = request.Clone();
        request.Id = ++_clients.LastId;
        _clients.Arriving.Enqueue(new Requests { Requests_ = { request } }.ToByteArray());
        return request.Id;
    }

    public Response? Answer(ulong id) => _clients.Answers.GetValueOrDefault(id);

    public Status Status() => Chorus.Common.Protocol.Status.Parser.ParseFrom(
        Ask(new Request { Status = new StatusRequest() }).Payload);

    public string? Value(string key)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Code code = Machine.Query(
            new KvCommand { Key = ByteString.CopyFromUtf8(key) }.ToByteArray(), output, out _);
        return code == Code.Ok ? System.Text.Encoding.UTF8.GetString(output.WrittenSpan) : null;
    }

    /// <summary>Kinds of all records that carry commands or sessions.</summary>
    public List<RecordKind> Kinds()
    {
        List<RecordKind> kinds = [];
        for (ulong index = 1; index <= _log.LastIndex.Value; index++)
            kinds.Add(_log.HeaderAt(new LogIndex(index)).Kind);
        return [.. kinds.Where(kind => kind is not (RecordKind.NoOp or RecordKind.Configuration))];
    }

    /// <summary>The process ends and another one begins, with the same disk.</summary>
    /// <param name="snapshots">When that one takes snapshots; null: as before.</param>
    public void Restart(SnapshotOptions? snapshots = null)
    {
        _snapshots = snapshots ?? _snapshots;
        BeginAgain();
        RunUntil(() => Replica.Node.Role == Role.Leader);
        Run(5);
    }

    /// <summary>The same; it leads, and the disk, held, has nothing of its term.</summary>
    public void RestartUntilElected()
    {
        BeginAgain();
        while (!Disk.IsHeld)
        {
            Clock.MonotonicMicros += 1_000;
            Replica.DoWork();
            Disk.IsHeld = Replica.Node.Role == Role.Leader;
            Disk.Run();
        }
    }

    public void Run(int turns)
    {
        for (int i = 0; i < turns; i++)
        {
            Clock.MonotonicMicros += 1_000;
            Replica.DoWork();
            Disk.Run();
            _apply.Run();
        }
    }

    public void RunUntil(Func<bool> condition)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 10_000, "not within ten seconds");
            Run(1);
        }
    }

    public void Dispose() => _log.Dispose();

    private void BeginAgain()
    {
        _log.Dispose();
        _apply.Jobs.Clear();
        Disk.Jobs.Clear();
        (_log, Replica, Machine) = Start();
    }

    private (RecordLog Log, Chorus.Common.Replica.Replica Replica, IStateMachine Machine) Start()
    {
        SnapshotPort? port = _snapshots is null
            ? null
            : new SnapshotPort { Store = SnapshotStore.Open(Storage, Guid.Empty), Executor = Disk, View = Snapshots };
        port?.View?.Show(port.Store.Newest);
        RecordLog log = RecordLog.Open(
            Storage, Disk, port is null ? new LogOptions() : LogTestOptions.Small, Guid.Empty, default,
            port?.Store.Newest?.Header.Last);
        IStateMachine machine = _slots is null ? new KvStateMachine() : OpenSlots(log.LastIndex);
        if (port is not null)
            StateRestoring.Run(machine, port.Store, log);
        var options = new ReplicaOptions
        {
            Id = new NodeId("a"),
            Incarnation = 1,
            ClusterId = Guid.Empty,
            PeerAddress = "a:12000",
            ClientAddress = "a:11000",
            Bootstrap = new Configuration([
                new Member(new NodeId("a"), 1, MemberKind.Voter, "a:12000", "a:11000")]),
            Sessions = Limits,
            Snapshots = _snapshots ?? new SnapshotOptions(),
            IsDurable = _isDurable,
        };
        var ports = new ReplicaPorts
        {
            Peers = new NoPeers(),
            Clients = _clients,
            Clock = Clock,
            Apply = _onThread ? _apply : null,
            Snapshots = port,
        };
        return (log, new Chorus.Common.Replica.Replica(options, log, machine, ports, NullLogger.Instance), machine);
    }

    private SlotStateMachine OpenSlots(LogIndex end)
    {
        var owner = new SlotFileOwner(new SlotGeometry(20, 1024), Guid.Empty, 1, IsVolatile: false);
        return new SlotStateMachine(SlotFile.Open(Storage, SlotFile.DefaultName, owner), end, _slots);
    }

    /// <summary>Work that is done between the turns of the loop, unless it is held back.</summary>
    internal sealed class Steps : IDiskExecutor
    {
        public Queue<IDiskJob> Jobs { get; } = new();

        public bool IsHeld { get; set; }

        public void Post(IDiskJob job) => Jobs.Enqueue(job);

        public void Run()
        {
            while (!IsHeld && Jobs.TryDequeue(out IDiskJob? job))
                DiskWork.Run(job);
        }
    }

    private sealed class Clients : IClientTransport
    {
        private readonly ClientConnection _connection = new([1], delimited: false);
        private byte[] _frame = [];

        public Queue<byte[]> Arriving { get; } = new();

        public Dictionary<ulong, Response> Answers { get; } = [];

        public ulong LastId { get; set; }

        public long DroppedTotal => 0;

        public bool TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame)
        {
            connection = _connection;
            bool any = Arriving.TryDequeue(out byte[]? next);
            frame = _frame = next ?? [];
            return any;
        }

        public void Send(ClientConnection connection, ReadOnlySpan<byte> frame)
        {
            foreach (Response response in Responses.Parser.ParseFrom(frame).Responses_)
                Assert.True(Answers.TryAdd(response.Id, response), "a request is answered once");
        }
    }

    private sealed class NoPeers : IPeerTransport
    {
        public long DroppedTotal => 0;

        public bool TryReceive(out PeerFrame frame)
        {
            frame = default;
            return false;
        }

        public void Send(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records)
        {
        }

        public void Retain(IReadOnlyCollection<string> addresses)
        {
        }
    }
}
