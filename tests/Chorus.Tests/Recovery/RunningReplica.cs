using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Tests.LoggerProgram;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Recovery;

/// <summary>A replica of a key-value store as it runs in its process, on free ports, on a thread.</summary>
internal sealed class RunningReplica : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private Exception? _failure;

    /// <param name="id">Name.</param>
    /// <param name="folder">Data directory.</param>
    /// <param name="join">Whose cluster to join; null: starts one.</param>
    /// <param name="preload">What its store holds at first.</param>
    /// <param name="slots">Shape of its file; null: it keeps its state in memory.</param>
    /// <param name="snapshots">When it takes snapshots.</param>
    /// <param name="segmentBytes">Size of its segments.</param>
    /// <param name="endpoints">Where it listens: client, peer, transfer, feed, join; null: at free ports.</param>
    public RunningReplica(
        string id, string folder, RunningReplica? join = null, Preload preload = default, SlotGeometry? slots = null,
        SnapshotOptions? snapshots = null, long segmentBytes = 64 << 20, HostEndpoint[]? endpoints = null)
    {
        HostEndpoint[] free = endpoints ?? FreeEndpoints(5);
        (Client, Peer, Transfer, Feed, Join) = (free[0], free[1], free[2], free[3], free[4]);
        var host = new ReplicaHost(
            new ReplicaHostOptions
            {
                Id = id,
                DataDirectory = folder,
                ClientEndpoint = Client,
                PeerEndpoint = Peer,
                TransferEndpoint = Transfer,
                FeedEndpoint = Feed,
                JoinListenEndpoint = Join,
                JoinEndpoint = join?.Join,
                StateBase = slots?.Base ?? preload.Base,
                AppliesOnThread = slots is not null,
                Snapshots = snapshots ?? new SnapshotOptions(),
                Log = new LogOptions { SegmentSizeBytes = segmentBytes, PayloadBytesMax = 256 << 10 },
            },
            setting => slots is { } geometry ? OpenSlots(setting, geometry) : OpenStore(setting, preload),
            NullLoggerFactory.Instance)
        {
            MakeState = slots is null ? () => new KvStateMachine() : null,
        };
        _thread = new Thread(() => _failure = Record.Exception(() => host.Run(_stop.Token))) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where it listens, for another one that is to run there after it.</summary>
    public HostEndpoint[] Endpoints => [Client, Peer, Transfer, Feed, Join];

    public HostEndpoint Client { get; }

    public HostEndpoint Peer { get; }

    public HostEndpoint Transfer { get; }

    public HostEndpoint Feed { get; }

    public HostEndpoint Join { get; }

    /// <summary>Whether it began with a state that had been restored while its snapshot came.</summary>
    public bool HasRestoredAhead { get; private set; }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
        Assert.Null(_failure);
    }

    private HostedState OpenStore(StateSetting setting, Preload preload)
    {
        if (setting.Restored is { } restored)
        {
            HasRestoredAhead = true;
            return new HostedState(restored);
        }
        var store = new KvStateMachine();
        preload.Fill(store);
        return new HostedState(store);
    }

    private static HostedState OpenSlots(StateSetting setting, SlotGeometry geometry)
    {
        SlotFile file = SlotFile.Open(
            setting.Storage!, SlotFile.DefaultName,
            new SlotFileOwner(geometry, setting.ClusterId, setting.Incarnation, IsVolatile: false));
        var machine = new SlotStateMachine(
            file, setting.LogEnd, new SlotStateMachineOptions { CheckpointBytes = 16 << 10 });
        return new HostedState(machine) { Image = machine, Owned = [machine] };
    }

    /// <summary>Endpoints where nobody listens at the moment.</summary>
    public static HostEndpoint[] FreeEndpoints(int count) =>
        [.. RunningCluster.FreePorts(count).Select(port => new HostEndpoint("127.0.0.1", port))];
}
