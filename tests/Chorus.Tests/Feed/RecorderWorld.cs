using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.Transfer;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Feed;

/// <summary>A recorder among sources, which can be stopped and started again over the same disk.</summary>
internal sealed class RecorderWorld : FeedWorld, IDiskExecutor, IDisposable
{
    public const ulong Incarnation = 77;

    private readonly Queue<IDiskJob> _jobs = new();
    private RecordLog? _log;

    public RecorderWorld(TestRecords log, IStorage? storage = null)
        : base(log) => Storage = storage ?? new MemoryStorage();

    public IStorage Storage { get; }

    public Recorder Recorder { get; private set; } = null!;

    public RecordLog Record => _log!;

    public FakeOutlet Outlet { get; private set; } = new();

    public LogView View { get; private set; } = new();

    public FollowingView Following { get; private set; } = new();

    /// <summary>Whether the disk does nothing at the moment.</summary>
    public bool IsDiskStuck { get; set; }

    /// <summary>An observer that the record names.</summary>
    public static Member Self { get; } =
        new(new NodeId("log0"), Incarnation, MemberKind.Observer, "log0:12000", "");

    /// <summary>A configuration of replicas at the default ports, and of the recorder itself where wanted.</summary>
    public static Configuration Cluster(bool withSelf, params string[] replicas)
    {
        IEnumerable<Member> members = replicas.Select(
            name => new Member(new NodeId(name), 1, MemberKind.Voter, name + ":12000", name + ":11000"));
        return new Configuration(withSelf ? members.Append(Self) : members);
    }

    /// <summary>First index that a transfer needs.</summary>
    public LogIndex Pinned { get; set; } = new(ulong.MaxValue);

    public void Start(Configuration? welcome = null, long? keepBytes = null, Configuration? known = null)
    {
        _log?.Dispose();
        _jobs.Clear();
        IsDiskStuck = false;
        (Outlet, View, Following) = (new FakeOutlet(), new LogView(), new FollowingView());
        _log = RecordLog.Open(Storage, this, LogTestOptions.Small, FakeSource.Cluster);
        Recorder = new Recorder(
            new RecorderOptions
            {
                Id = Self.Id,
                Incarnation = Incarnation,
                Members = welcome?.Members ?? [],
                KnownMembers = known?.Members ?? [],
                KeepBytes = keepBytes,
                Follow = new LogFollowerOptions
                {
                    ClusterId = FakeSource.Cluster,
                    Name = "log0",
                    Fetch = new() { ChunkBytes = 2048 },
                },
            },
            _log, FakeSource.Cluster,
            new RecorderPorts
            {
                Inlet = this,
                Transfer = this,
                Feed = Outlet,
                View = View,
                Following = Following,
                LowestPinned = () => Pinned,
                Clock = this,
            },
            NullLogger.Instance);
    }

    /// <summary>What is recorded and durable, checked to be the beginning of the log.</summary>
    public ulong Durable
    {
        get
        {
            ulong last = Recorder.DurableIndex.Value;
            Assert.Equal(last, View.Extent!.Limit.Index.Value);
            if (last > 0)
            {
                using var reader = new LogReader(Storage);
                for (LogIndex at = View.Extent.First; at.Value <= last;)
                {
                    byte[] read = reader.Read(
                        View.Extent, at, new LogIndex(last + 1), 1 << 20, out LogIndex until).ToArray();
                    Assert.Equal(Log.Range(at.Value, until.Value), read);
                    at = until;
                }
            }
            return last;
        }
    }

    public void Post(IDiskJob job)
    {
        _jobs.Enqueue(job);
        RunDisk();
    }

    public void RunDisk()
    {
        while (!IsDiskStuck && _jobs.TryDequeue(out IDiskJob? job))
            DiskWork.Run(job);
    }

    public void Dispose() => _log?.Dispose();

    protected override bool DoWork() => Recorder.DoWork();
}
