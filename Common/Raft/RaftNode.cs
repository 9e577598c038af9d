namespace Chorus.Raft;

/// <summary>
/// One node of Raft, as a pure state machine: inputs are method calls, the output is one <see
/// cref="Effects"/> value.
/// </summary>
/// <remarks>
/// The caller's contract, whole:
/// <code>
/// node = new RaftNode(self, incarnation, recovered, options, sizes, seed)
/// forever:
///     call any of Tick, Receive, TryPropose, TryProposeConfiguration, TryRead, ClockRead,
///         TryAppendCommitted, HardStateDurable, LogDurable
///     effects = node.TakeEffects()            // after each Receive or TryAppendCommitted; after any number of others
///     hand HardState, TruncateFrom, [AppendFrom, AppendUntil) to the log and its disk, in this order
///     node.AddEntryMessages()       // the entries have sizes now: their messages join effects.Messages
///     send Messages (those with AfterHardState once the hard states handed out so far are durable)
///     apply up to Commit; answer Reads when applied
///     when the disk has made a batch durable: node.HardStateDurable(term of the last hard state in it),
///         node.LogDurable(last index and term of it)
/// </code>
/// Single-threaded; no call blocks. Proposals raise <see cref="LastIndex"/> at once; all that were made since
/// the last <see cref="TakeEffects"/> leave together, as one message to each follower as far as sizes allow.
/// <see cref="Receive"/> needs the effects of earlier proposals and messages to have been taken: the entries
/// to append come from one source only.
/// </remarks>
public sealed class RaftNode
{
    private readonly NodeState _state;
    private readonly IncarnationGate _gate;
    private readonly Elector _elector;
    private readonly Campaign _campaign;
    private readonly Follower _follower;
    private readonly Leader _leader;
    private readonly FollowerReads _followerReads;
    private readonly Dispatch _dispatch;
    private bool _taken;
    private bool _received;
    private bool _entryMessagesDue;

    /// <summary>Makes a node from what its disk held.</summary>
    /// <param name="self">This node's name.</param>
    /// <param name="incarnation">This data directory's incarnation, not 0.</param>
    /// <param name="recovered">
    /// What the disk held. The terms of the log are known to the hard state; only a cluster's very first
    /// entries, of term 1, may stand there before any hard state does.
    /// </param>
    /// <param name="options">Settings; validated here.</param>
    /// <param name="sizes">Answers how many entries fit into a message.</param>
    /// <param name="seed">Seed of the randomised timeouts.</param>
    public RaftNode(
        NodeId self, ulong incarnation, RecoveredState recovered,
        RaftOptions options, ILogSizes sizes, ulong seed)
    {
        options.Validate();
        _state = new NodeState(self, incarnation, recovered, options, sizes, seed);
        _gate = new IncarnationGate(_state);
        _elector = new Elector(_state);
        _campaign = new Campaign(_state);
        _follower = new Follower(_state, _campaign);
        _leader = new Leader(_state, _gate);
        _followerReads = new FollowerReads(_state, new SplitMix(~seed).Next() >> 2);
        _dispatch = new Dispatch(_state, _elector, _campaign, _follower, _leader, _followerReads);
    }

    /// <summary>This node's name.</summary>
    public NodeId Self => _state.Self;

    /// <summary>What the node is doing.</summary>
    public Role Role => _state.Role;

    /// <summary>Current term.</summary>
    public Term Term => _state.Term;

    /// <summary>Whom this node voted for in the current term, or none.</summary>
    public NodeId VotedFor => _state.VotedFor;

    /// <summary>Known leader of the current term, or none.</summary>
    public NodeId Leader => _state.Leader;

    /// <summary>Highest index known to be committed.</summary>
    public LogIndex Commit => _state.Commit;

    /// <summary>Highest index that this node or a leader which it followed has known to be committed.</summary>
    public LogIndex LeaderCommit => LogIndex.Max(_state.LeaderCommit, _state.Commit);

    /// <summary>Last index of the log, durable or not.</summary>
    public LogIndex LastIndex => _state.Log.Last;

    /// <summary>Whether the leader has said that its log no longer holds what this node lacks.</summary>
    public bool NeedsSnapshot => _state.Role == Role.Follower && _state.LeaderFirst > _state.Verified.Next;

    /// <summary>
    /// Whether nobody's entries help, only a snapshot: what the leader has cut off stands in the own log otherwise.
    /// </summary>
    public bool IsContradicted => NeedsSnapshot && _state.LeaderFirst <= _state.Log.Last.Next;

    /// <summary>Last index that is durable on the own disk.</summary>
    public LogIndex DurableIndex => _state.Durable;

    /// <summary>
    /// Whether the log has lost entries that may have been acknowledged: no votes, no candidacy, and no
    /// acknowledgement of anything that is not committed without this node, until it holds what a leader has
    /// committed in a later term than any before the loss (trap 8).
    /// </summary>
    public bool HasLostEntries => _state.HasLostEntries;

    /// <summary>Messages dropped because their fields contradict one another or the term, since the start.</summary>
    public long RefusedMessagesTotal => _state.Refused;

    /// <summary>Configuration in force: the last one in the log, committed or not.</summary>
    public Configuration Configuration => _state.Configuration;

    /// <summary>Index of the entry of <see cref="Configuration"/>; 0 when there is none.</summary>
    public LogIndex ConfigurationIndex => _state.Configurations.Active.Index;

    /// <summary>The leader's view of the others, ordered by id; empty elsewhere. A new list.</summary>
    public IReadOnlyList<PeerStatus> Peers => _leader.DescribePeers();

    /// <summary>
    /// Who is to lead in this leader's place; none unless a transfer is under way. Meanwhile nothing can be proposed.
    /// </summary>
    public NodeId TransferTarget => _leader.Transfer.Target;

    /// <summary>One tick of time has passed.</summary>
    public void Tick()
    {
        BeginInput();
        _state.AdvanceTime();
        switch (_state.Role)
        {
            case Role.Follower:
                _follower.Tick();
                break;
            case Role.PreCandidate or Role.Candidate:
                _campaign.Tick();
                break;
            case Role.Leader:
                _leader.Tick();
                break;
        }
        SettleLeadership();
    }

    /// <summary>
    /// A message has arrived. Take the effects before the next one, and those of earlier proposals before
    /// this one. A message that makes no sense is dropped and counted.
    /// </summary>
    public void Receive(Message message)
    {
        BeginInput();
        Check.That(!_received && !_state.HasUntakenAppend, "effects are taken before the next message");
        _received = true;
        if (!MessageCheck.IsSound(message, _state.Self) || _state.IsObserver)
        {
            _state.Refused++;
            return;
        }
        if (!_gate.Admits(message))
            return;
        _dispatch.Hand(message);
        SettleLeadership();
    }

    /// <summary>
    /// Proposes commands; their indexes are consecutive. False when this node cannot take them: not the
    /// leader, or handing the leadership over.
    /// </summary>
    /// <param name="count">Number of commands, at least 1.</param>
    /// <param name="first">Index of the first one.</param>
    public bool TryPropose(int count, out LogIndex first)
    {
        BeginInput();
        Check.That(count >= 1, "a proposal has at least one command");
        Check.That(!_received, "the effects of a message are taken before anything is proposed");
        first = LogIndex.Zero;
        if (_state.Role != Role.Leader || _leader.Transfer.IsUnderWay)
            return false;
        first = _leader.Propose(count);
        return true;
    }

    /// <summary>
    /// Proposes another configuration, which must differ from the current one by one member at most. One that
    /// does not differ at all is accepted without an entry.
    /// </summary>
    public ConfigurationProposal TryProposeConfiguration(Configuration next)
    {
        BeginInput();
        Check.That(!_received, "the effects of a message are taken before anything is proposed");
        return _state.Role == Role.Leader
            ? _leader.ProposeConfiguration(next)
            : ConfigurationProposal.NotLeader;
    }

    /// <summary>
    /// Asks this leader to hand its leadership over. What comes of it shows within an election timeout.
    /// </summary>
    /// <param name="target">Who is to lead; none: the voter that answers and has most of the log.</param>
    public TransferProposal TryTransferLeadership(NodeId target)
    {
        BeginInput();
        return _state.Role == Role.Leader ? _leader.Transfer.Begin(target) : TransferProposal.NotLeader;
    }

    /// <summary>
    /// Appends entries that were fetched elsewhere and are known to be committed; as with a message, the effects are
    /// taken before and behind. The acknowledgement goes to the leader when they are durable, like any other.
    /// </summary>
    /// <param name="entries">
    /// At least one entry, the first behind <see cref="LastIndex"/>. The caller has found, by the chain, that they
    /// continue this node's last record; the source has named them committed.
    /// </param>
    /// <returns>
    /// False, and nothing has changed, unless this node is a follower, the range begins behind its last entry, ends at
    /// <see cref="LeaderCommit"/> or before it, and names no term above its own.
    /// </returns>
    /// <remarks>Why it is safe stands at <see cref="Follower.TryAppendCommitted"/>.</remarks>
    public bool TryAppendCommitted(EntryRange entries)
    {
        BeginInput();
        Check.That(!_received && !_state.HasUntakenAppend, "effects are taken before committed entries are appended");
        Check.That(entries.Count > 0, "there is an entry to append");
        if (_state.Role != Role.Follower || !_follower.TryAppendCommitted(entries))
            return false;
        _received = true;
        return true;
    }

    /// <summary>
    /// A snapshot was fetched and verified. When it <see cref="SnapshotOutcome.Replaces"/> the log, the owner makes it
    /// durable, this node's term before it, and makes another node from what is there then.
    /// </summary>
    public SnapshotOutcome OfferSnapshot(SnapshotMark snapshot)
    {
        BeginInput();
        Check.That(!_received && !_state.HasUntakenAppend, "effects are taken before a snapshot is offered");
        return _state.Role == Role.Follower ? _follower.OnSnapshot(snapshot) : SnapshotOutcome.Ignored;
    }

    /// <summary>The log was cut behind an index, committed and durable, that a snapshot stands for.</summary>
    public void LogCut(LogIndex index)
    {
        BeginInput();
        _state.CutLog(index);
    }

    /// <summary>The configuration that was in force at an index of the log.</summary>
    public ConfigurationEntry ConfigurationAt(LogIndex index) => _state.Configurations.At(index);

    /// <summary>
    /// Asks for a linearizable read: at the leader, or at a voter or learner that follows one, which asks it. False
    /// when this node knows of no leader, or the read is to go through the log and this node does not lead.
    /// </summary>
    /// <param name="kind">How it is to be known that nothing newer has been acknowledged to anybody.</param>
    /// <param name="ticket">Rises with every read of the kind; granted in order, or dropped with all that wait.</param>
    public bool TryRead(ReadKind kind, out ulong ticket)
    {
        BeginInput();
        Check.That(!_received, "the effects of a message are taken before a read is asked for");
        if (_state.Role != Role.Leader)
            return _followerReads.TryRegister(kind, out ticket);
        ticket = _leader.Read(kind);
        return true;
    }

    /// <summary>
    /// Tells the node the time. Called before heartbeats may leave, so that leases count from no later than their send;
    /// and again behind everything that was taken in, for a lease serves only reads that came before the clock was
    /// read: what came behind may have been asked after a pause that has ended the lease (trap 23).
    /// </summary>
    /// <param name="monotonicMicros">
    /// The caller's monotonic clock, read just now; never falls, and goes on while the process or the machine stands
    /// still.
    /// </param>
    public void ClockRead(long monotonicMicros)
    {
        BeginInput();
        Check.That(monotonicMicros >= _state.NowMicros, "a monotonic clock does not go back");
        _state.NowMicros = monotonicMicros;
        if (_state.Role == Role.Leader)
            _leader.ClockRead();
    }

    /// <summary>
    /// When this leader's lease ends, by the clock of <see cref="ClockRead"/>: until then nobody else is elected. 0
    /// without a lease.
    /// </summary>
    public long LeaseEndMicros => _state.Role == Role.Leader ? _leader.LeaseEndMicros : 0;

    /// <summary>
    /// Everything up to an entry is durable here. Ignored when the entry has been truncated meanwhile (trap
    /// 13).
    /// </summary>
    /// <remarks>
    /// A batch that was handed to the disk before a truncation says nothing of what was appended behind the
    /// cut: the caller reports it up to the cut at most, even where the same (index, term) has come back
    /// since.
    /// </remarks>
    public void LogDurable(LogIndex index, Term term)
    {
        BeginInput();
        _state.Disk.Progressed(_state.Now);
        if (_state.Log.TermAt(index) != term || !_state.AdvanceDurable(index))
            return;
        if (_state.Role == Role.Leader)
            _leader.OnDurable();
        else
            _follower.OnDurable();
    }

    /// <summary>A hard state of this term is durable here, and with it the own vote of the term.</summary>
    public void HardStateDurable(Term term)
    {
        BeginInput();
        if (_state.Role == Role.Candidate && term == _state.Term)
            _campaign.OnOwnVoteDurable();
        SettleLeadership();
    }

    /// <summary>
    /// What is to be done now. The value is reused: valid until the next call, except <see
    /// cref="AddEntryMessages"/>.
    /// </summary>
    public Effects TakeEffects()
    {
        BeginInput();
        if (_state.Role == Role.Leader)
            _leader.CompleteEffects();
        else
            _follower.CompleteEffects();
        _followerReads.CompleteEffects();
        _state.SaveHardState();
        _state.Effects.Commit = _state.Commit;
        _taken = true;
        _received = false;
        _entryMessagesDue = _state.Role == Role.Leader && _state.HasUntakenAppend;
        return _state.Effects;
    }

    /// <summary>
    /// Adds the leader's <see cref="AppendRequest"/>s to the effects just taken. Called after the append:
    /// only now does the log know the sizes by which <see cref="ILogSizes.Fit"/> divides entries into
    /// messages.
    /// </summary>
    public void AddEntryMessages()
    {
        Check.That(_taken, "the effects have been taken and appended");
        _entryMessagesDue = false;
        if (_state.Role == Role.Leader)
            _leader.AddEntryMessages();
    }

    /// <summary>Term of an entry, or of the one before the first; 0 at index 0; null elsewhere.</summary>
    public Term? TermAt(LogIndex index) => _state.Log.TermAt(index);

    /// <summary>The effects that were taken last are over.</summary>
    private void BeginInput()
    {
        if (!_taken)
            return;
        Check.That(!_entryMessagesDue, "AddEntryMessages is called after every append of a leader");
        _state.Effects.Clear();
        _taken = false;
    }

    private void SettleLeadership()
    {
        if (_state.Role == Role.Leader && !_leader.IsActive)
            _leader.Start();
        else if (_state.Role != Role.Leader && _leader.IsActive)
            _leader.Stop();
        _followerReads.Settle();
    }
}
