namespace Chorus.Raft;

/// <summary>
/// What all roles of a node share: term, vote, picture of the log, configurations, commit; and the
/// transitions between roles. The effects of a step gather here until they are taken.
/// </summary>
/// <remarks>
/// Invariants: Commit ≤ Last and Durable ≤ Last; Commit, Term and Now never fall; the vote changes only with
/// the term (trap 1). Commit may run ahead of Durable: a majority without this node has the entry.
/// </remarks>
internal sealed class NodeState
{
    /// <summary>Ticks after which a commit index that has moved is written down by itself.</summary>
    public const ulong CommitSaveTicks = 100;

    private readonly LogIndex _lossBound;
    private HardState _saved;
    private ulong _savedAt;

    public NodeState(
        NodeId self, ulong incarnation, RecoveredState recovered,
        RaftOptions options, ILogSizes sizes, ulong seed)
    {
        Check.That(NodeId.IsValid(self.Value), "a node has a valid name");
        Check.That(incarnation != 0, "a data directory has an incarnation");
        Self = self;
        Incarnation = incarnation;
        Options = options;
        Sizes = sizes;
        Timer = new ElectionTimer(options.ElectionTimeoutTicks, new SplitMix(seed), !recovered.IsFirstStart);
        Disk = new DiskWatch(options.DiskStallTicks);
        Log = new TermRuns(recovered.Log, recovered.Before);
        Configurations = new ConfigurationHistory(recovered);
        LogIndex snapshot = recovered.Snapshot?.Index ?? LogIndex.Zero;
        Check.That(snapshot >= Log.Base && snapshot <= Log.Last, "a log goes on from its snapshot");
        HardState found = recovered.HardState;
        _saved = found;
        _lossBound = LogIndex.Max(found.Commit, recovered.CommittedUpTo);
        // Of a log that lost a file, what is left may have been overwritten there: a leader says what is committed.
        LogIndex commit = found.HasLostEntries ? LogIndex.Zero : LogIndex.Min(found.Commit, Log.Last);
        Commit = LogIndex.Max(snapshot, commit);
        HasLostEntries = recovered.HasLostEntries && !Mutants.LossIgnored;
        if (HasLostEntries && !found.HasLostEntries)
            found = found.AfterLoss();
        Term = RecoveredTerm(recovered, found);
        VotedFor = Term > found.Term ? NodeId.None : found.VotedFor;
        Durable = Log.Last;
        Verified = Commit;
        if (HasLostEntries)
            Emit(RaftEventKind.LogLossProven, Self, _lossBound);
        Timer.Redraw(Self, Configuration, NodeId.None);
    }

    public NodeId Self { get; }
    public ulong Incarnation { get; }
    public RaftOptions Options { get; }
    public ILogSizes Sizes { get; }
    public ElectionTimer Timer { get; }
    public DiskWatch Disk { get; }
    public TermRuns Log { get; }
    public ConfigurationHistory Configurations { get; }
    public Effects Effects { get; } = new();

    public Role Role { get; private set; }
    public Term Term { get; private set; }
    public NodeId VotedFor { get; private set; }
    public NodeId Leader { get; private set; } = NodeId.None;
    public LogIndex Commit { get; private set; }

    /// <summary>
    /// Highest commit index that a leader has named to this node as its follower. The log up to there is committed, in
    /// a term no higher than this node's: so every leader that it will ever follow holds the very same entries.
    /// </summary>
    public LogIndex LeaderCommit { get; private set; }

    /// <summary>
    /// First entry that the leader of this term still has; 0 while it has not said that something is missing there.
    /// </summary>
    public LogIndex LeaderFirst { get; set; }

    /// <summary>Last entry that is durable on the own disk.</summary>
    public LogIndex Durable { get; private set; }

    /// <summary>Last entry known to equal the log of the leader of this term.</summary>
    public LogIndex Verified { get; private set; }

    /// <summary>Whether entries that were acknowledged may be missing (trap 8).</summary>
    public bool HasLostEntries { get; private set; }

    /// <summary>Ticks since the start.</summary>
    public ulong Now { get; private set; }

    /// <summary>The caller's monotonic clock as it was read last, in microseconds.</summary>
    public long NowMicros { get; set; }

    /// <summary>Messages that made no sense and were dropped.</summary>
    public long Refused { get; set; }

    public Configuration Configuration => Configurations.Active.Configuration;

    /// <summary>Whether entries wait in the effects to be taken.</summary>
    public bool HasUntakenAppend => Effects.AppendUntil > Effects.AppendFrom;

    /// <summary>
    /// Whether the configuration names this very node, not an older one of its name, as an observer. No replica is
    /// one: it hears nothing then, so it can neither vote nor acknowledge, and it campaigns only as a voter.
    /// </summary>
    public bool IsObserver =>
        Configuration.Find(Self) is { Kind: MemberKind.Observer } own
        && (own.Incarnation == 0 || own.Incarnation == Incarnation);

    /// <summary>
    /// Whether this node may campaign: a voter of its own configuration, in either half of a joint one (trap 17), whose
    /// log is whole (trap 8) and whose disk works (trap 26). Not while entries of the present term wait to be taken:
    /// the caller encodes them with it.
    /// </summary>
    public bool MayCampaign =>
        Configuration.IsVoter(Self) && Configuration.Find(Self) is { } own
        && (own.Incarnation == 0 || own.Incarnation == Incarnation)
        && !HasLostEntries
        && !Disk.IsStalled(Now)
        && !HasUntakenAppend;

    public void AdvanceTime()
    {
        Now++;
        Disk.Update(Durable < Log.Last, Now);
    }

    /// <summary>
    /// Follows: in a higher term, or in the same one behind a leader that won it or after giving up.
    /// </summary>
    public void BecomeFollower(Term term, NodeId leader)
    {
        Check.That(term >= Term, "the term never falls");
        if (term > Term)
            EnterTerm(term, NodeId.None);
        else if (Mutants.VoteClearedInSameTerm && (Role != Role.Follower || leader != Leader))
            VotedFor = NodeId.None;
        bool redraw = Role != Role.Follower || leader != Leader;
        bool changed = Role != Role.Follower;
        Role = Role.Follower;
        if (changed)
            Emit(RaftEventKind.BecameFollower, Self, LogIndex.Zero);
        if (leader != Leader && !leader.IsNone)
            Emit(RaftEventKind.LeaderKnown, leader, LogIndex.Zero);
        Leader = leader;
        if (redraw)
            Timer.Redraw(Self, Configuration, leader);
    }

    /// <summary>Asks around, in the same term.</summary>
    public void BecomePreCandidate()
    {
        NodeId lost = Leader;
        Leader = NodeId.None;
        Role = Role.PreCandidate;
        Timer.Redraw(Self, Configuration, lost);
        Emit(RaftEventKind.BecamePreCandidate, Self, LogIndex.Zero);
    }

    /// <summary>Campaigns in the next term, with its own vote.</summary>
    public void BecomeCandidate()
    {
        Check.That(MayCampaign, "only a sound voter campaigns");
        EnterTerm(Term.Next, Self);
        Leader = NodeId.None;
        Role = Role.Candidate;
        Timer.Redraw(Self, Configuration, NodeId.None);
        Emit(RaftEventKind.BecameCandidate, Self, LogIndex.Zero);
    }

    /// <summary>Leads the term for which it campaigned.</summary>
    public void BecomeLeader()
    {
        Check.That(Role == Role.Candidate && VotedFor == Self, "a leader was a candidate of its term");
        Role = Role.Leader;
        Leader = Self;
        Emit(RaftEventKind.BecameLeader, Self, Log.Last);
    }

    /// <summary>Knows no leader any more, as a member that cannot campaign.</summary>
    public void ForgetLeader() => Leader = NodeId.None;

    /// <summary>Gives its vote of this term.</summary>
    public void Vote(NodeId candidate)
    {
        Check.That(VotedFor.IsNone || VotedFor == candidate, "one vote in a term");
        VotedFor = candidate;
    }

    /// <summary>Appends entries as the leader.</summary>
    /// <returns>Index of the first one.</returns>
    public LogIndex AppendOwn(ulong count)
    {
        Check.That(Role == Role.Leader, "only a leader makes entries");
        LogIndex first = Log.Last.Next;
        if (!HasUntakenAppend)
            Effects.AppendFrom = Effects.AppendUntil = first;
        Check.That(Effects.AppendUntil == first, "entries are handed out without a gap");
        Log.Append(Term, count);
        Effects.AppendUntil = Log.Last.Next;
        Disk.Update(true, Now);
        return first;
    }

    /// <summary>Appends the entries <c>[from, entries.Until)</c> of a leader's message.</summary>
    public void AppendReceived(EntryRange entries, LogIndex from)
    {
        Check.That(!HasUntakenAppend, "one message a step");
        Log.Append(entries, from);
        LogIndex active = Configurations.Active.Index;
        Configurations.Append(entries, from);
        if (Configurations.Active.Index != active)
            Emit(RaftEventKind.ConfigurationActive, Self, Configurations.Active.Index);
        Effects.AppendFrom = from;
        Effects.AppendUntil = entries.Until;
        Disk.Update(true, Now);
    }

    /// <summary>Drops the entries from an index on.</summary>
    public void TruncateFrom(LogIndex from)
    {
        Check.That(from > Commit, "a committed entry is about to be dropped: state machine safety, Raft §5.4.3");
        Check.That(!HasUntakenAppend && Effects.TruncateFrom is null, "one message a step");
        Log.TruncateFrom(from);
        Durable = LogIndex.Min(Durable, Log.Last);
        Verified = LogIndex.Min(Verified, Log.Last);
        Effects.TruncateFrom = from;
        Emit(RaftEventKind.Truncated, Self, from);
        if (Configurations.TruncateFrom(from))
            Emit(RaftEventKind.ConfigurationRolledBack, Self, Configurations.Active.Index);
    }

    /// <summary>Forgets what was cut off the log.</summary>
    public void CutLog(LogIndex index)
    {
        Check.That(index <= LogIndex.Min(Commit, Durable), "only what is committed is cut off");
        Log.CutUpTo(index);
        Configurations.CutUpTo(index);
    }

    public void NoteLeaderCommit(LogIndex index) => LeaderCommit = LogIndex.Max(LeaderCommit, index);

    public void AdvanceVerified(LogIndex index)
    {
        Verified = LogIndex.Max(Verified, index);
        CheckWhole();
    }

    /// <summary>Notes that entries are durable. False when that was known.</summary>
    public bool AdvanceDurable(LogIndex index)
    {
        if (index <= Durable)
            return false;
        Durable = index;
        Disk.Update(Durable < Log.Last, Now);
        CheckWhole();
        return true;
    }

    public void AdvanceCommit(LogIndex index)
    {
        if (index <= Commit)
            return;
        Check.That(index <= Log.Last, "only an entry that is there can be committed");
        LogIndex active = Configurations.Active.Index;
        if (active > Commit && active <= index)
            Emit(RaftEventKind.ConfigurationCommitted, Self, active);
        Commit = index;
    }

    public void Send(Message message, bool afterHardState) =>
        Effects.Messages.Add(new Outgoing(message, afterHardState));

    public void Emit(RaftEventKind kind, NodeId about, LogIndex index) =>
        Effects.Events.Add(new RaftEvent(kind, about, Term, index));

    /// <summary>Puts the hard state into the effects when it must be written, or is due to be.</summary>
    public void SaveHardState()
    {
        // Never beyond the own disk: a log that ends before the commit index written here has provably lost
        // entries.
        LogIndex commit = LogIndex.Max(_saved.Commit, LogIndex.Min(Commit, Durable));
        bool due = commit > _saved.Commit && Now - _savedAt >= CommitSaveTicks;
        bool isWholeNow = _saved.HasLostEntries && !HasLostEntries;
        if (Term == _saved.Term && VotedFor == _saved.VotedFor && !due && !isWholeNow)
            return;
        _saved = new HardState(Term, VotedFor, commit, HasLostEntries);
        _savedAt = Now;
        Effects.HardState = _saved;
    }

    private void EnterTerm(Term term, NodeId votedFor)
    {
        Check.That(term > Term, "a vote is only forgotten when the term rises");
        Term = term;
        VotedFor = votedFor;
        Leader = NodeId.None;
        LeaderFirst = LogIndex.Zero;
        Verified = Commit;
    }

    /// <summary>
    /// A log that had lost entries is whole again once it holds, durable and verified, what a leader has committed in
    /// its own term.
    /// </summary>
    /// <remarks>
    /// Why that is the safe point. Since the loss this node is in a term higher than any in which it acknowledged
    /// what it may lack, and it votes for nobody. So the leader that it follows was elected by others, all of them
    /// whole, and counts no old word of this node: it holds every committed entry of earlier terms (leader
    /// completeness), and they stand before the entry of its own term up to which it has committed. A commit index
    /// alone would not do: that of a new leader is behind at first.
    /// </remarks>
    private void CheckWhole()
    {
        LogIndex have = LogIndex.Min(Durable, Verified);
        if (HasLostEntries && have >= _lossBound && have >= LeaderCommit && Log.TermAt(LeaderCommit) == Term)
        {
            HasLostEntries = false;
            Emit(RaftEventKind.WholeAgain, Self, have);
        }
    }

    /// <summary>
    /// Entries reach the disk after their term; only the first entries of a new cluster, and a snapshot put there by
    /// somebody, come from outside.
    /// </summary>
    private static Term RecoveredTerm(RecoveredState recovered, in HardState state)
    {
        Term last = recovered.Before;
        if (recovered.Log.Count == 0)
            return last > state.Term ? last : state.Term;
        last = recovered.Log.Terms[^1].Term;
        Check.That(
            last <= state.Term || (state.Term == Term.Zero && last.Value == 1),
            "the log holds entries of a term that the hard state does not know: the hard state was lost");
        return last > state.Term ? last : state.Term;
    }
}
