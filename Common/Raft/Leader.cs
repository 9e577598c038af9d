namespace Chorus.Raft;

/// <summary>
/// What a leader does: counts what is replicated, keeps its leadership proven, and answers for reads.
/// </summary>
/// <remarks>Raft §5.3, §5.4; check-quorum: dissertation §6.2.</remarks>
internal sealed class Leader
{
    private readonly NodeState _state;
    private readonly IncarnationGate _gate;
    private readonly LeaderReads _reads;
    private readonly LeaderLease _lease;
    private readonly Replication _replication;
    private readonly Membership _membership;
    private readonly LeadershipTransfer _transfer;
    private readonly RoundWatch _watch = new();
    private ulong _round;
    private int _sinceHeartbeat;
    private bool _roundDue;

    public Leader(NodeState state, IncarnationGate gate)
    {
        _state = state;
        _gate = gate;
        _replication = new Replication(state);
        _membership = new Membership(state, _replication);
        _transfer = new LeadershipTransfer(state, _replication);
        _reads = new LeaderReads(state);
        _lease = new LeaderLease(state.Options.LeaseMicros);
    }

    /// <summary>Whether the leadership has been taken up.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Handing the leadership over.</summary>
    public LeadershipTransfer Transfer => _transfer;

    /// <summary>How far the others are; empty unless this node leads.</summary>
    public IReadOnlyList<PeerStatus> DescribePeers()
    {
        List<PeerStatus> peers = new(_replication.Peers.Length);
        foreach (Progress peer in _replication.Peers)
        {
            peers.Add(new PeerStatus(
                peer.Id, peer.Match, peer.Next, peer.State, _replication.Answers(peer), _replication.Awaits(peer),
                _membership.WaitOf(peer)));
        }
        return peers;
    }

    /// <summary>
    /// Takes up the leadership: an entry of its own term first, without which nothing commits.
    /// </summary>
    public void Start()
    {
        IsActive = true;
        _round = 0;
        _sinceHeartbeat = 0;
        _roundDue = false;
        _watch.Reset();
        _lease.Start();
        _replication.Start(_state.AppendOwn(1));
        _state.Effects.OwnEntries.Add(new OwnEntry(_replication.TermStart, null));
        _membership.Start();
        _transfer.Reset();
        if (Mutants.LeaderCountsItselfEarly)
            CountMatches();
    }

    /// <summary>Lays the leadership down.</summary>
    public void Stop()
    {
        IsActive = false;
        _transfer.Reset();
        _replication.Stop();
        _state.Effects.ReadsDropped |= _reads.Drop();
    }

    /// <summary>One tick has passed.</summary>
    public void Tick()
    {
        if (_state.Disk.IsStalled(_state.Now))
        {
            _state.Disk.TakeReport(_state.Now);
            _transfer.NameSuccessor();
            StepDown(RaftEventKind.DiskStalled);
            return;
        }
        if (!HasQuorum())
        {
            StepDown(RaftEventKind.LostQuorum);
            return;
        }
        if (++_sinceHeartbeat >= _state.Options.HeartbeatTicks || _watch.Tick(_state.Now))
            _roundDue = true;
        _transfer.Tick();
        _replication.AnnounceCommit();
    }

    /// <summary>Takes in commands.</summary>
    public LogIndex Propose(int count)
    {
        LogIndex first = _state.AppendOwn((ulong)count);
        if (Mutants.LeaderCountsItselfEarly)
            CountMatches();
        return first;
    }

    /// <inheritdoc cref="Membership.Propose"/>
    public ConfigurationProposal ProposeConfiguration(Configuration next) =>
        _transfer.IsUnderWay ? ConfigurationProposal.TransferUnderWay : _membership.Propose(next);

    /// <summary>Takes in a read.</summary>
    public ulong Read(ReadKind kind) => _reads.Register(kind, _round);

    /// <summary>The clock was read, behind all that was taken in so far.</summary>
    public void ClockRead() => _reads.ClockRead();

    /// <inheritdoc cref="RaftNode.LeaseEndMicros"/>
    public long LeaseEndMicros => LeaseEnd(AnsweredRound());

    /// <summary>A member asks for what its clients read.</summary>
    public void OnReadIndexRequest(ReadIndexRequest m)
    {
        if (_replication.Find(m.From) is not { } peer)
            return;
        if (peer.Incarnation == 0 || peer.Incarnation == m.FromIncarnation)
            _reads.Register(m, _round);
        else
            _gate.Report(m.From);
    }

    /// <summary>More of the own log is durable: only now does the leader count itself (trap 2).</summary>
    public void OnDurable() => CountMatches();

    /// <summary>A member speaks. Its term has been looked at.</summary>
    public void OnAnswer(Message message)
    {
        Progress? peer = _replication.Find(message.From);
        if (peer is null)
            return;
        bool isOther = peer.Incarnation != 0 && peer.Incarnation != message.FromIncarnation;
        if (isOther && !Mutants.IncarnationIgnored)
        {
            _gate.Report(message.From);
            return;
        }
        bool isSound = message switch
        {
            AppendAccepted m => m.Match <= _state.Log.Last,
            AppendRejected m => m.RejectedIndex > LogIndex.Zero,
            HeartbeatResponse m => m.Round <= _round,
            _ => false,
        };
        if (!isSound)
        {
            _state.Refused++;
            return;
        }
        peer.NoteAnswer(message.FromIncarnation, _state.Now);
        switch (message)
        {
            case AppendAccepted m when peer.Accepted(m.Match, _state.Now):
                CountMatches();
                break;
            case AppendRejected m:
                _replication.OnRejected(peer, m);
                break;
            case HeartbeatResponse m:
                _replication.OnHeartbeatResponse(peer, m);
                _lease.CountFromReceipt(m.Round, _state.NowMicros);
                _watch.Answered(AnsweredRound(), _state.Now);
                break;
        }
    }

    /// <summary>Adds what the leader has to say beside entries.</summary>
    public void CompleteEffects()
    {
        if (!_transfer.IsUnderWay)
        {
            if (_membership.Advance())
                _transfer.Begin(NodeId.None);
            _reads.AddBarrier();
        }
        _transfer.Advance();
        _reads.GrantCommitted();
        GrantReads();
        if (!_roundDue && !_reads.NeedsRound)
            return;
        BeginRound(_roundDue);
        // The only voter has answered by now.
        GrantReads();
    }

    /// <summary>Adds the messages that carry entries.</summary>
    public void AddEntryMessages() => _replication.AddMessages();

    /// <summary>
    /// Begins a round. A heartbeat goes to everybody. One that only reads want is narrow: it goes to no more voters
    /// than it takes, and to everybody if those do not answer.
    /// </summary>
    private void BeginRound(bool isHeartbeat)
    {
        _round++;
        _lease.RoundSent(_round, _state.NowMicros);
        bool isNarrow = !isHeartbeat && _watch.IsQuick && _replication.TrySendHeartbeatsToFewest(_round);
        if (!isNarrow)
        {
            _replication.SendHeartbeats(_round);
            _roundDue = false;
            _sinceHeartbeat = 0;
        }
        _watch.Begun(_round, isNarrow, _state.Now);
        _reads.RoundBegun(_round);
    }

    private void GrantReads()
    {
        if (!_reads.AwaitsQuorum)
            return;
        ulong answered = AnsweredRound();
        _reads.Grant(answered, _state.NowMicros < LeaseEnd(answered), _replication.TermStart);
    }

    /// <summary>
    /// When the lease ends. It is over for good once a voter may campaign although it hears this leader (trap 23).
    /// </summary>
    private long LeaseEnd(ulong answered) =>
        _transfer.HasBegun && !Mutants.LeaseSurvivesTransfer ? 0 : _lease.EndMicros(answered);

    /// <summary>Newest heartbeat round that a quorum has answered; 0 when none was.</summary>
    private ulong AnsweredRound() => _replication.ReachedByQuorum(_round, static p => p.Round);

    private void StepDown(RaftEventKind why)
    {
        _state.Emit(why, _state.Self, _state.Durable);
        _state.BecomeFollower(_state.Term, NodeId.None);
    }

    /// <summary>Whether a quorum has answered within an election timeout.</summary>
    private bool HasQuorum()
    {
        ulong answered = _replication.ReachedByQuorum(_state.Now, static p => p.AnsweredAt);
        return _state.Now - answered <= (ulong)_state.Options.ElectionTimeoutTicks;
    }

    /// <summary>Commits what a majority of the voters has, if it ends with an entry of this term.</summary>
    /// <remarks>
    /// Raft §5.4.2: entries of earlier terms commit only with one of the current term (trap 11).
    /// </remarks>
    private void CountMatches()
    {
        LogIndex own = Mutants.LeaderCountsItselfEarly ? _state.Log.Last : _state.Durable;
        var reached = new LogIndex(Mutants.LearnersCounted || Mutants.ObserversCounted
            ? ReachedByTooMany(own.Value)
            : _replication.ReachedByQuorum(own.Value, static p => p.Match.Value));
        if (reached > _state.Commit && (_state.Log.TermAt(reached) == _state.Term || Mutants.CommitOldTerms))
            _state.AdvanceCommit(reached);
    }

    // What the mutants of trap 19 count.
    private ulong ReachedByTooMany(ulong own)
    {
        Span<ulong> matches = stackalloc ulong[2 * Configuration.MembersMax];
        int counted = _replication.CollectMembers(
            matches, own, static p => p.Match.Value, withLearners: Mutants.LearnersCounted);
        foreach (Member member in _state.Configuration.Members)
        {
            if (Mutants.ObserversCounted && member.Kind == MemberKind.Observer)
                matches[counted++] = own;
        }
        return Quorum.ReachedBy(matches[..counted], Quorum.Majority(_state.Configuration.Voters.Count));
    }
}
