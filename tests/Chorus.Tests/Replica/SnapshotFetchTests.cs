using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.Snapshots;
using Chorus.Tests.Transfer;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Replica;

/// <summary>What is on its way, in memory and with the disk while a snapshot is fetched.</summary>
public sealed class SnapshotFetchTests : IDisposable
{
    private const string Here = "a:1";
    private const int ChunkBytes = 1_000;
    private const int WindowBytes = 4 * ChunkBytes;

    private static readonly ReplicaOptions Options = CatchUpNode.Options with
    {
        CatchUpStream = new TransferStreamOptions { ChunkBytes = ChunkBytes, WindowChunks = WindowBytes / ChunkBytes },
        SnapshotFetchBytesPerSecond = 1 << 30,
    };

    private readonly TransferPair _pair = new();
    private readonly TestSource _source;
    private readonly MemoryStorage _storage = new();
    private LogDriver _own;
    private readonly HeldDisk _disk = new();
    private long _now = 1_000_000;
    private int _made;

    public SnapshotFetchTests()
    {
        _own = new LogDriver(_storage);
        _source = new TestSource(_pair.Listen(Here));
        _source.Append(20);
        byte[][] pieces = [.. Enumerable.Range(0, 60).Select(i => Enumerable.Repeat((byte)i, ChunkBytes).ToArray())];
        _source.Source.Snapshots!.Show(SnapshotWork.Write(_source.Storage, 9, pieces));
    }

    public void Dispose()
    {
        _source.Dispose();
        _own.Dispose();
    }

    [Fact]
    public void While_the_disk_writes_as_much_again_may_come_and_no_more()
    {
        SnapshotFetch fetch = Make(Options);
        fetch.Begin(Here, _now);
        Turn(fetch, 50);
        Assert.Equal(WindowBytes, fetch.WaitingBytes);
        _disk.RunOne();
        Turn(fetch, 50);
        Assert.Equal(WindowBytes, fetch.WaitingBytes);
        Finish(fetch);
    }

    [Fact]
    public void It_fetches_no_more_in_a_second_than_it_may()
    {
        SnapshotFetch fetch = Make(Options with { SnapshotFetchBytesPerSecond = 20_000 });
        long begin = _now;
        fetch.Begin(Here, _now);
        Finish(fetch);
        // The last window is not waited for.
        Assert.InRange(_now - begin, (60_000 - WindowBytes) * 1_000_000L / 20_000, 4_000_000);
    }

    [Fact]
    public void A_disk_that_stands_still_does_not_let_fetch_after_fetch_pile_up()
    {
        SnapshotFetch fetch = Make(Options);
        for (int i = 0; i < 20; i++)
        {
            fetch.Begin(Here, _now);
            Turn(fetch, 50);
            Assert.InRange(fetch.WaitingBytes, 0, 4 * WindowBytes);
            fetch.Cancel();
        }
        fetch.Begin(Here, _now);
        Finish(fetch);
    }

    // An election, or a leader whose log is enough after all, may come at any stage.
    [Theory]
    [InlineData("Verifying")]
    [InlineData("Offering")]
    public void One_that_is_given_up_when_all_of_it_has_come_may_begin_again(string stage)
    {
        ShowOwn();
        SnapshotFetch fetch = Make(Options);
        fetch.Begin(Here, _now);
        for (int i = 0; i < 10_000 && fetch.StageName != stage; i++)
        {
            if (stage == "Offering" || fetch.StageName == "Receiving")
                _disk.RunOne();
            Turn(fetch, 1);
        }
        Assert.Equal(stage, fetch.StageName);
        fetch.Cancel();
        Assert.False(fetch.IsActive);
        fetch.Begin(Here, _now);
        RunToOffer(fetch);
        Assert.Equal("", fetch.Failure);
    }

    // Who has a state would need the memory of two.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 0)]
    public void Only_a_node_without_a_state_has_one_restored_meanwhile(int records, int made)
    {
        for (int i = 0; i < records; i++)
        {
            _own.Save(1);
            _own.Append(1, "own");
        }
        Assert.True(_own.Settle());
        _own.Dispose();
        _own = new LogDriver(_storage);
        ShowOwn();
        SnapshotFetch fetch = Make(Options);
        fetch.Begin(Here, _now);
        RunToOffer(fetch);
        Assert.Equal(made, _made);
    }

    // Nothing is made of bytes of which nobody has said yet whose they are.
    [Fact]
    public void A_snapshot_of_another_cluster_is_not_restored_meanwhile()
    {
        SnapshotFetch fetch = Make(Options);
        fetch.Begin(Here, _now);
        Finish(fetch);
        Assert.Equal(0, _made);
    }

    // One of the cluster of this node.
    private void ShowOwn()
    {
        SnapshotHeader header = SnapshotWork.Header(9) with { ClusterId = Options.ClusterId, StateBase = "" };
        using SnapshotWriter writer = SnapshotWriter.Begin(_source.Storage, header);
        for (int i = 0; i < 20; i++)
            writer.Add(SnapshotSection.State, new byte[ChunkBytes]);
        _source.Source.Snapshots!.Show(writer.Finish(digest: 1));
    }

    private void RunToOffer(SnapshotFetch fetch)
    {
        for (int i = 0; i < 10_000 && fetch.StageName != "Offering"; i++)
        {
            _disk.RunOne();
            Turn(fetch, 1);
        }
        Assert.Equal("Offering", fetch.StageName);
    }

    private SnapshotFetch Make(ReplicaOptions options)
    {
        var port = new SnapshotPort
        {
            Store = SnapshotStore.Open(new MemoryStorage(), Guid.Empty),
            Executor = _disk,
            MakeState = () =>
            {
                _made++;
                return new KvStateMachine();
            },
        };
        var node = new RaftNode(options.Id, options.Incarnation, _own.Log.Recovered, new RaftOptions(), _own.Log, 1);
        return new SnapshotFetch(options, port, node, _pair, () => true, NullLogger.Instance);
    }

    // Whole it must be to be refused for what its header says.
    private void Finish(SnapshotFetch fetch)
    {
        for (int i = 0; i < 10_000 && fetch.IsActive; i++)
        {
            _disk.RunOne();
            Turn(fetch, 1);
        }
        Assert.Contains("its snapshot is of cluster", fetch.Failure, StringComparison.Ordinal);
    }

    private void Turn(SnapshotFetch fetch, int times)
    {
        for (int i = 0; i < times; i++)
        {
            _now += 1_000;
            _source.Server.DoWork();
            fetch.Work(_now);
        }
    }

    private sealed class HeldDisk : IDiskExecutor
    {
        private readonly Queue<IDiskJob> _jobs = [];

        public void Post(IDiskJob job) => _jobs.Enqueue(job);

        public void RunOne()
        {
            if (_jobs.TryDequeue(out IDiskJob? job))
                DiskWork.Run(job);
        }
    }
}
