using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>
/// One replica: drains its sockets, steps the core, hands one batch to the disk, sends, applies, answers. Called by one
/// owner, a thread in production and the simulator's event loop in tests; no call blocks.
/// </summary>
public sealed class Replica
{
    // After a pause of the whole process, heartbeats that waited in the socket must be seen before time is: so a long
    // gap counts as at most this many ticks.
    private const int TicksPerRoundMax = 2;

    private readonly ReplicaOptions _options;
    private readonly RecordLog _log;
    private readonly IPeerTransport _peers;
    private readonly IClock _clock;
    private readonly ILogger _logger;
    private readonly EventLines _lines;
    private readonly ReplicaPorts _ports;
    private readonly LogView? _view;
    private readonly FeedPublisher? _feed;
    private readonly RaftNode _node;
    private readonly PeerLink _link;
    private readonly PeerIntake _intake;
    private readonly Applier _applier;
    private readonly ClientDesk _desk;
    private readonly MembershipDesk _membership;
    private readonly Forwarding _forwarding;
    private readonly TransferDesk _transfers;
    private readonly OperatorDesk _operators;
    private readonly JoinDesk _joins;
    private readonly Responder _responder;
    private readonly CatchUp? _catchUp;
    private readonly RemovalWatch? _removal;
    private readonly SnapshotDesk? _snapshots;
    private readonly Queue<(long HardStates, Term Term)> _hardStateTerms = new();
    private long _nextTickMicros;

    /// <summary>Puts a replica together from its ports.</summary>
    /// <param name="options">Who it is.</param>
    /// <param name="log">Its log, just recovered.</param>
    /// <param name="stateMachine">
    /// What is replicated; the log is applied to it from behind its <see cref="IStateMachine.RestoredIndex"/>.
    /// </param>
    /// <param name="ports">What it speaks to the world through.</param>
    /// <param name="logger">Where lines go.</param>
    public Replica(
        ReplicaOptions options, RecordLog log, IStateMachine stateMachine, ReplicaPorts ports, ILogger logger)
    {
        (IPeerTransport peers, IClientTransport clients, IClock clock) = (ports.Peers, ports.Clients, ports.Clock);
        _options = options;
        _log = log;
        _peers = peers;
        _clock = clock;
        _logger = logger;
        _lines = new EventLines(options.Id, clock, logger);
        _ports = ports;
        _view = ports.View;
        _feed = ports.Feed is null ? null : new FeedPublisher(ports.Feed, options.ClusterId);
        Counters = new ReplicaCounters();
        RecoveredState recovered = ReplicaStart.Recover(options, log, ports.Snapshots, out long hardStates);
        RaftOptions raft = options.Raft with { LeaseMicros = LeaseLength.Micros(options, TicksPerRoundMax) };
        _node = new RaftNode(options.Id, options.Incarnation, recovered, raft, log, options.Seed);
        _link = new PeerLink(peers, options, log);
        _link.HardStateQueued(hardStates);
        UseConfiguration();
        _responder = new Responder(clients);
        var changes = new PendingChanges();
        var reads = new PendingReads(_responder, stateMachine, Counters, recovered.HardState.Commit);
        var writes = new PendingWrites(_responder);
        var proposals = new Proposals(_node, log, writes, _responder, Counters);
        Door = new SessionDoor(options, _node, log, proposals, _responder, clock);
        _applier = Applier.Create(
            ports.Apply, log, new ReplicatedState(stateMachine, clock), writes, reads, changes, Door, _responder,
            Counters, clock);
        if (ports.Snapshots is not null)
        {
            _snapshots = new SnapshotDesk(
                options, ports, _node, log, _link, _applier, () => _hardStateTerms.Count == 0, Counters, logger);
        }
        _membership = new MembershipDesk(options, _node, changes, logger);
        _forwarding = new Forwarding(_node, _link, clock);
        _transfers = new TransferDesk(options, _node, clock);
        _operators = new OperatorDesk(_node, _membership, _transfers, _forwarding, _link);
        if (ports.Fetch is { } asking)
            _removal = new RemovalWatch(options.Id, options.Incarnation, options.ClusterId, asking, logger);
        var report = new StatusReport(options, _node, log, _applier, ports, _link, Counters, _removal);
        _desk = new ClientDesk(
            options, _node, proposals, Door, stateMachine, clients, _responder, _applier, _operators, report, _link,
                clock, Counters, logger);
        _joins = new JoinDesk(options, _node, ports.Joins, _forwarding, _membership);
        _intake = new PeerIntake(options, _forwarding, Counters, logger);
        if (ports.Fetch is { } fetch)
            _catchUp = new CatchUp(options, _node, log, _link, fetch, _snapshots?.Fetch, Counters, logger);
        _nextTickMicros = clock.MonotonicMicros + options.TickMicros;
        _log.Flush();
        foreach (string note in log.RecoveryNotes)
            logger.RecoveryNote(options.Id, note);
        logger.Starting(options.Id, options.ClusterId, options.Incarnation, log.LastIndex, recovered.HardState.Term);
    }

    /// <summary>The core, for looking at.</summary>
    public RaftNode Node => _node;

    /// <summary>Last index applied to the state machine.</summary>
    public LogIndex AppliedIndex => _applier.AppliedIndex;

    /// <summary>Sessions of clients at <see cref="AppliedIndex"/>, and their digest.</summary>
    public (int Count, ulong Digest) Sessions => _applier.Sessions;

    /// <summary>What a leader lets commands of sessions in by, for looking at.</summary>
    internal SessionDoor Door { get; }

    /// <summary>What has been counted.</summary>
    public ReplicaCounters Counters { get; }

    /// <summary>
    /// When <see cref="DoWork"/> wants to be called again even if nothing arrives, on the monotonic clock; in the past
    /// when work is left over.
    /// </summary>
    public long NextWorkMicros { get; private set; }

    /// <summary>
    /// A node that is to stop hands its leadership over first, if it has one and somebody can take it: so nobody waits
    /// for an election. Go on with <see cref="DoWork"/> while <see cref="IsHandingOver"/>.
    /// </summary>
    public void BeginHandOver() => _transfers.Begin(NodeId.None, _ => { });

    /// <summary>Whether a transfer of the leadership is under way, or writes wait for its end.</summary>
    public bool IsHandingOver => _transfers.IsUnderWay || _desk.HoldsWrites;

    /// <summary>
    /// A snapshot of another member that has become durable and stands for more than this node has: the owner ends this
    /// replica, and makes another one from what is in the directory now. Null as long as there is none.
    /// </summary>
    public SnapshotInfo? Installed => _snapshots?.Fetch?.Installed;

    /// <summary>What restores the state of that snapshot already; the caller's. Null: nothing does.</summary>
    public StateInstallation? TakeInstallation() => _snapshots?.Fetch?.TakeInstallation();

    /// <summary>One round of the loop.</summary>
    /// <returns>Whether anything was done.</returns>
    /// <exception cref="ReplicaStoppedException">The disk failed; the node must stop.</exception>
    /// <exception cref="LogCorruptionException">The log is not what it must be; the node must stop.</exception>
    public bool DoWork()
    {
        _applier.Reads.BeginRound(_options.ClientBytesPerRound);
        _node.ClockRead(_clock.MonotonicMicros);
        bool worked = TakeDiskCompletions();
        worked |= ReceiveFromPeers(out bool peersLeft);
        worked |= Tick();
        worked |= CatchUp();
        if (Installed is not null)
            return true;
        worked |= _joins.Receive();
        CarryInTime();
        Door.Work();
        // Commands stand in the log as they come; a change of the members, only when it is carried: so behind them.
        bool clientsLeft = _desk.Receive(ref worked);
        _operators.Work();
        CarryInTime();
        _log.Flush();
        worked |= _applier.Apply(_node.Commit, _options.ApplyBytesPerRound, _link.ClientAddressOf(_node.Leader));
        _responder.Flush();
        _lines.NoteDisk(_log.IsDiskFull);
        if (_snapshots?.Work(_clock, AppliedIndex, isCatchingUp: _catchUp is { IsActive: true }) ?? false)
            Carry(default);
        ShowExtent();
        worked |= Publish();
        bool left = peersLeft || clientsLeft || _catchUp is { HasMore: true } || _feed is { HasMore: true }
            || _applier.HasWork(_node.Commit);
        long due = Math.Min(_feed?.NextWorkMicros ?? long.MaxValue, _snapshots?.NextWorkMicros ?? long.MaxValue);
        NextWorkMicros = left ? _clock.MonotonicMicros : Math.Min(_nextTickMicros, due);
        return worked;
    }

    private bool TakeDiskCompletions()
    {
        bool worked = false;
        while (_log.TryTakeCompletion(out LogCompletion completion))
        {
            worked = true;
            if (completion.Error is { } error)
                throw Stopped(error);
            Counters.DiskBatches++;
            _link.HardStatesDurable(completion.HardStates);
            while (_hardStateTerms.Count > 0 && _hardStateTerms.Peek().HardStates <= completion.HardStates)
                _node.HardStateDurable(_hardStateTerms.Dequeue().Term);
            if (completion.LastIndex > LogIndex.Zero)
                _node.LogDurable(completion.LastIndex, completion.LastTerm);
        }
        if (worked)
        {
            _log.Flush();
            Carry(default);
        }
        return worked;
    }

    private ReplicaStoppedException Stopped(Exception error)
    {
        var stopped = new ReplicaStoppedException(
            $"the disk failed: {error.Message}",
            "Look at the disk. Restart this node when it is sound; if its data is lost, remove the node from the "
                + "cluster and join it again with an empty data directory",
            error);
        _logger.Stopping(_options.Id, stopped.Message, stopped.Cure);
        return stopped;
    }

    private bool ReceiveFromPeers(out bool left)
    {
        for (int i = 0; i < _options.FramesPerRound; i++)
        {
            if (!_peers.TryReceive(out PeerFrame frame))
            {
                left = false;
                return i > 0;
            }
            if (!_intake.TryAccept(frame, out PeerMessage message))
                continue;
            _link.Learn(message.Envelope);
            if (message.Message is null)
            {
                ReceiveForwarded(message, frame.Records);
                continue;
            }
            if (message.Message is AppendRequest { Entries.Count: > 0 } && !_log.HasRoom(frame.Records.Length))
            {
                // Taken for a lost message: the leader sends it again, by when there may be room.
                Counters.PeerFramesWithoutRoom++;
                continue;
            }
            Carry(default);
            _node.Receive(message.Message);
            Carry(frame.Records, (message.Message as AppendRequest)?.Entries);
        }
        left = true;
        return true;
    }

    private void ReceiveForwarded(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        if (_forwarding.TryTakeAnswer(message, body))
            return;
        if (message.Type == PeerMessageType.ForwardedJoin)
            _joins.TakeForwarded(message, body);
        else
            _operators.TakeForwarded(message, body);
    }

    private bool Tick()
    {
        long now = _clock.MonotonicMicros;
        if (now < _nextTickMicros)
            return false;
        for (int i = 0; i < TicksPerRoundMax && now >= _nextTickMicros; i++)
        {
            _node.Tick();
            _nextTickMicros += _options.TickMicros;
        }
        if (now >= _nextTickMicros)
            _nextTickMicros = now + _options.TickMicros;
        _membership.CompleteAddresses(_link);
        _forwarding.Expire();
        _log.MaintainRoom(now);
        _log.Flush();
        return true;
    }

    /// <summary>Takes records that were fetched because this node is far behind.</summary>
    private bool CatchUp()
    {
        if (_catchUp is null)
            return false;
        long now = _clock.MonotonicMicros;
        bool worked = false;
        _catchUp.BeginRound(now);
        while (_catchUp.TryTake(now, out ReadOnlySpan<byte> records, out EntryRange entries))
        {
            worked = true;
            Carry(default);
            bool accepted = _node.TryAppendCommitted(entries);
            Carry(records, entries);
            _catchUp.Taken(entries, accepted);
        }
        Carry(default);
        if (!_catchUp.IsActive)
            _removal!.Work(_node.Leader, _node.Configuration, _node.ConfigurationIndex, now);
        _lines.IsRemoved = !_catchUp.IsActive && _removal!.Removal.Length > 0;
        return worked | _catchUp.FetchSnapshot(now);
    }

    /// <summary>
    /// Carries out what is due, by a clock that is read behind all that was received: no lease answers a read that was
    /// asked after it had ended, however long this loop stood still between two lines.
    /// </summary>
    private void CarryInTime()
    {
        if (!Mutants.LeaseNotCheckedAgain)
            _node.ClockRead(_clock.MonotonicMicros);
        Carry(default);
    }

    private void Carry(ReadOnlySpan<byte> records, EntryRange? entries = null)
    {
        Effects effects = _node.TakeEffects();
        if (effects.HardState is { } state)
        {
            long hardStates = _log.SaveHardState(state);
            _link.HardStateQueued(hardStates);
            _hardStateTerms.Enqueue((hardStates, state.Term));
        }
        if (effects.TruncateFrom is { } from)
        {
            _log.Truncate(from);
            _applier.Truncate(from);
            _link.Truncate(from);
        }
        if (effects.AppendUntil > effects.AppendFrom)
            Append(effects, records, entries);
        _node.AddEntryMessages();
        if (effects.Events.Count > 0)
            Note(effects.Events);
        foreach (Outgoing outgoing in effects.Messages)
            _link.Send(outgoing);
        foreach (ReadGrant grant in effects.Reads)
            _applier.Reads.Grant(grant);
        if (effects.ReadsDropped)
            _applier.Reads.Drop(_link.ClientAddressOf(_node.Leader));
    }

    private void Append(Effects effects, ReadOnlySpan<byte> records, EntryRange? entries)
    {
        if (entries is not null)
        {
            _log.AppendRecords(RecordSlice.Of(records, entries.From, effects.AppendFrom, effects.AppendUntil));
            return;
        }
        // The leader's own entries; commands have been appended when they were proposed.
        long now = _clock.UnixMicros;
        foreach (OwnEntry own in effects.OwnEntries)
        {
            LogIndex index = own.Configuration is null
                ? _log.Append(_node.Term, RecordKind.NoOp, now, default)
                : _log.Append(_node.Term, RecordKind.Configuration, now, ConfigurationCodec.Encode(own.Configuration));
            Check.That(index == own.Index, "the log and the core agree on the index of an entry");
        }
        Check.That(_log.LastIndex.Next == effects.AppendUntil, "the log holds what the core believes it holds");
    }

    private void Note(List<RaftEvent> events)
    {
        foreach (RaftEvent e in events)
        {
            _lines.Note(e);
            if (e.Kind is RaftEventKind.ConfigurationActive or RaftEventKind.ConfigurationRolledBack)
                UseConfiguration();
        }
    }

    // Behind the answers: those who agree on the log come first, those who listen to it second.
    private bool Publish()
    {
        if (_feed is null)
            return false;
        FeedRole role = _node.Role == Role.Leader ? FeedRole.Leader : FeedRole.Follower;
        bool worked = _feed.Work(_log, _node.Commit, _node.Term, role, _clock.MonotonicMicros);
        Counters.FeedBatches = _feed.Batches;
        Counters.FeedRecordsSkipped = _feed.Skipped;
        Counters.FeedWatchesRefused = _feed.SubscriptionsRefused;
        return worked;
    }

    /// <summary>Shows other threads what they may read by now.</summary>
    private void ShowExtent()
    {
        if (_view is null)
            return;
        LogExtent extent = _log.ExtentUpTo(Mutants.TransferBeforeCommit ? _log.LastIndex : _node.Commit);
        if (!ReferenceEquals(extent, _view.Extent))
            _view.Show(extent);
    }

    private void UseConfiguration()
    {
        _link.Use(_node.Configuration);
        _view?.Show(_node.Configuration);
        // Who sends reports under many names could fill the table; those who are members must find room in it.
        _ports.Reports?.Retain(_node.Configuration);
    }
}
