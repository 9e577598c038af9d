using System.Security.Cryptography;
using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>
/// One cluster of a logger's process, from its folder and sockets through joining to its recorder. Whatever fails here
/// ends this cluster only.
/// </summary>
internal sealed class RecordedCluster : IDisposable
{
    private readonly LoggerCluster _options;
    private readonly LoggerHostOptions _host;
    private readonly ZmqContext _context;
    private readonly Poller _poller;
    private readonly Dictionary<object, RecordedCluster> _sockets;
    private readonly IClock _clock;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Action _wake;
    private readonly LogView _view = new();
    private readonly ObserverReports _reports = new();
    private readonly FollowingView _following = new();
    private NodeDirectory? _directory;
    private ZmqFeedOutlet? _outlet;
    private ZmqFeedInlet? _inlet;
    private ZmqTransferClient? _fetch;
    private TransferSource? _source;
    private TransferServer? _server;
    private RecordedLog? _recorded;
    private Thread? _entering;
    private volatile Entrance? _entrance;
    private volatile Exception? _refused;
    private volatile bool _diskHasNews;
    private Recorder? _recorder;
    private Configuration? _stored;

    /// <summary>Makes one that is not open.</summary>
    /// <param name="options">The cluster.</param>
    /// <param name="host">The process.</param>
    /// <param name="context">Outlives it.</param>
    /// <param name="poller">Waits for its sockets.</param>
    /// <param name="sockets">Says which cluster a socket of the poller belongs to.</param>
    /// <param name="clock">Time.</param>
    /// <param name="loggers">Where lines go.</param>
    /// <param name="wake">Wakes the loop, from any thread.</param>
    public RecordedCluster(
        LoggerCluster options, LoggerHostOptions host, ZmqContext context, Poller poller,
        Dictionary<object, RecordedCluster> sockets, IClock clock, ILoggerFactory loggers, Action wake)
    {
        (_options, _host, _context, _poller, _sockets) = (options, host, context, poller, sockets);
        (_clock, _loggers, _wake) = (clock, loggers, wake);
        _logger = loggers.CreateLogger("logger");
    }

    /// <summary>Why it was given up; null while it was not.</summary>
    public ChorusException? Failure { get; private set; }

    /// <summary>Whether the cluster has let it in.</summary>
    public bool HasEntered => _recorder is not null;

    /// <summary>When it wants to work again.</summary>
    public long NextWorkMicros => _recorder?.NextWorkMicros ?? long.MaxValue;

    /// <summary>Opens folder and sockets.</summary>
    /// <param name="transfer">What serves the record to those who fetch.</param>
    public RecordedLog Open(out TransferService transfer)
    {
        _directory = OpenDirectory();
        _outlet = new ZmqFeedOutlet(_context, At(_options.FeedEndpoint), "-feed", _logger);
        var socket = new ZmqTransferServer(_context, At(_options.TransferEndpoint), "-hrecov", null, _logger);
        _source = new TransferSource
        {
            Id = _options.Id,
            IsLogger = true,
            View = _view,
            Storage = _directory.Storage,
            Reports = _reports,
            Following = _following,
            StateBase = _directory.StateBase,
        };
        _server = new TransferServer(_source, socket, _clock, null, _loggers.CreateLogger("transfer"));
        transfer = new TransferService(_server, socket);
        Wait(_outlet.Socket, true);
        _logger.ClusterListening(
            _options.Id, _options.FeedEndpoint.ToString(), _options.TransferEndpoint.ToString(),
            Path.GetFullPath(_options.Folder));
        return _recorded = new RecordedLog(_options.Id, _options.Folder, _directory.Storage, _view);
    }

    /// <summary>Begins to join the cluster and to open the record, on a thread of its own: both may take
    /// long.</summary>
    public void Enter(CancellationToken stop)
    {
        _entering = new Thread(() => RunEntering(stop)) { Name = $"enter {_options.Id}", IsBackground = true };
        _entering.Start();
    }

    /// <summary>Whether there is something to do, beside what sockets and time say.</summary>
    public bool HasNews => Failure is null
        && (_diskHasNews || (_recorder is null && (_entrance is not null || _refused is not null)));

    /// <summary>One round.</summary>
    public void DoWork()
    {
        if (Failure is not null)
            return;
        try
        {
            _diskHasNews = false;
            if (_recorder is null && !TryBegin())
                return;
            _recorder!.DoWork();
            _recorded!.Commands = _recorder.DurableCommands;
            StoreMembers();
        }
        catch (Exception error) when (IsOfThisCluster(error))
        {
            Fail(error);
        }
    }

    /// <summary>Ends joining, if that is still under way.</summary>
    public void EndEntering() => _entering?.Join();

    /// <summary>Writes out what was taken.</summary>
    /// <returns>Whether that is done, or cannot be done.</returns>
    public bool Drain()
    {
        if (_recorder is null || Failure is not null)
            return true;
        try
        {
            bool isDone = _recorder.Drain();
            _recorded!.Commands = _recorder.DurableCommands;
            return isDone;
        }
        catch (Exception error) when (IsOfThisCluster(error))
        {
            Fail(error);
            return true;
        }
    }

    /// <summary>Says how far it came.</summary>
    public void SayEnd(bool isDrained, long patienceSeconds)
    {
        if (_recorder is not { } recorder || Failure is not null)
            return;
        if (isDrained)
            _logger.ClusterEnded(_options.Id, recorder.DurableIndex.Value);
        else
            _logger.ClusterNotDrained(_options.Id, recorder.DurableIndex.Value, patienceSeconds);
    }

    /// <summary>Gives the cluster up. What is recorded is still served.</summary>
    public void Fail(Exception error)
    {
        Failure = CommandErrors.Explain(error);
        _logger.ClusterFailed(_options.Id, CommandErrors.Sentences(Failure));
        CloseRecorder();
        _following.Show(new FollowingReport
        {
            State = "given up",
            Why = Failure.Message,
            Cure = Failure.Cure,
            Counters = _following.Newest?.Counters ?? [],
        });
    }

    /// <summary>Whether a failure is that of one cluster; every other one is the process's.</summary>
    public static bool IsOfThisCluster(Exception error) => error is ChorusException or ReplicaStoppedException
        or LogCorruptionException or NodeDirectoryException or ZmqException or IOException
        or UnauthorizedAccessException;

    /// <summary>Closes everything but the transfer service.</summary>
    public void Dispose()
    {
        EndEntering();
        CloseRecorder();
        _directory?.Dispose();
    }

    private NodeDirectory OpenDirectory()
    {
        try
        {
            return NodeDirectory.Open(_options.Folder, _options.Id, isObserver: true);
        }
        catch (NodeDirectoryException error)
        {
            // It knows the flag of a replica only.
            throw new NodeDirectoryException(
                error.Message, error.Cure.Replace("-data", "-logfolder", StringComparison.Ordinal));
        }
    }

    private void RunEntering(CancellationToken stop)
    {
        try
        {
            _entrance = Entrance.Make(
                _options, _host, _directory!, _context, _logger, DiskHasNews, stop);
        }
        catch (Exception error)
        {
            // Whatever it is: the loop throws it again, where it is somebody's.
            _refused = error;
        }
        _wake();
    }

    private void DiskHasNews()
    {
        _diskHasNews = true;
        _wake();
    }

    private bool TryBegin()
    {
        if (_refused is { } refused)
            throw refused;
        if (_entrance is not { } entrance)
            return false;
        _inlet = new ZmqFeedInlet(_context, _logger) { SocketChanged = Wait };
        _fetch = new ZmqTransferClient(_context, _poller, null, _logger);
        _recorder = new Recorder(
            new RecorderOptions
            {
                Id = new NodeId(_options.Id),
                Incarnation = _directory!.Incarnation,
                Members = entrance.Members,
                KnownMembers = KnownMembers.Load(_directory.Storage),
                KeepBytes = _host.KeepBytes,
                Upstream = _options.Upstream,
                Follow = new LogFollowerOptions
                {
                    ClusterId = _directory.ClusterId,
                    Name = _options.Id,
                    Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
                },
            },
            entrance.Log, _directory.ClusterId,
            new RecorderPorts
            {
                Inlet = _inlet,
                Transfer = _fetch,
                Feed = _outlet,
                View = _view,
                Following = _following,
                LowestPinned = () => _server!.LowestPinned,
                Reports = _reports,
                Clock = _clock,
            },
            _logger);
        _source!.StateBase = _directory.StateBase;
        return true;
    }

    private void StoreMembers()
    {
        if (_recorder!.Members == _stored || _recorder.Members.Members.Count == 0)
            return;
        _stored = _recorder.Members;
        KnownMembers.Store(_directory!.Storage, _stored);
    }

    private void Wait(ZmqSocket socket, bool isAdded)
    {
        if (isAdded)
        {
            _poller.Add(socket);
            _sockets.Add(socket, this);
            return;
        }
        _poller.Remove(socket);
        _sockets.Remove(socket);
    }

    private void CloseRecorder()
    {
        EndEntering();
        _recorder = null;
        _entrance?.Dispose();
        _entrance = null;
        foreach (ZmqSocket socket in _sockets.Where(pair => pair.Value == this).Select(pair => pair.Key).ToArray())
            Wait(socket, false);
        _inlet?.Dispose();
        _fetch?.Dispose();
        _outlet?.Dispose();
        (_inlet, _fetch, _outlet) = (null, null, null);
    }

    private static Endpoint At(HostEndpoint endpoint) => new(endpoint.Host, endpoint.Port);
}
