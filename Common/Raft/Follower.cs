namespace Chorus.Raft;

/// <summary>What a follower does: takes entries from its leader, and acknowledges what is durable.</summary>
/// <remarks>Raft §5.3.</remarks>
internal sealed class Follower(NodeState state, Campaign campaign)
{
    private bool _ackDue;
    private Term _ackTerm;
    private LogIndex _acked;

    /// <summary>
    /// What may be acknowledged: durable, and verified to equal the leader's log. While acknowledged entries
    /// are missing (trap 8), nothing that the leader has not committed without this node: so the word counts
    /// for nothing, but the leader sees how far the repair has come.
    /// </summary>
    private LogIndex Acknowledgeable
    {
        get
        {
            if (Mutants.FollowerAcksBeforeDurable)
                return state.Verified;
            LogIndex match = LogIndex.Min(state.Durable, state.Verified);
            return state.HasLostEntries ? LogIndex.Min(match, state.Commit) : match;
        }
    }

    /// <summary>One tick has passed.</summary>
    public void Tick()
    {
        state.Timer.Tick();
        if (!state.Timer.HasExpired && !state.Configuration.IsOnlyVoter(state.Self))
            return;
        if (state.MayCampaign)
        {
            campaign.Start();
            return;
        }
        state.ForgetLeader();
        if (state.Configuration.IsVoter(state.Self) && state.Disk.TakeReport(state.Now))
            state.Emit(RaftEventKind.DiskStalled, state.Self, state.Durable);
    }

    /// <summary>Entries, or a probe, from a leader.</summary>
    public void OnAppendRequest(AppendRequest m)
    {
        if (m.Term < state.Term)
        {
            RefuseStaleLeader(m);
            return;
        }
        if (!Follow(m))
            return;
        state.NoteLeaderCommit(m.Commit);
        // What was cut off here is committed, so the leader of this term has the very same.
        bool isBeforeBase = m.PreviousIndex < state.Log.Base;
        Term? own = state.Log.TermAt(m.PreviousIndex);
        if (own != m.PreviousTerm && !isBeforeBase)
        {
            Reject(m, own);
            return;
        }
        if (!Store(m.Entries))
            return;
        // Trap 12: what stands behind the entries of this message has not been compared with the leader's
        // log.
        LogIndex matched = m.Entries.Until.Previous;
        if (isBeforeBase)
            matched = LogIndex.Max(matched, state.Log.Base);
        state.AdvanceVerified(matched);
        LogIndex proven = Mutants.CommitBeyondMatch ? state.Log.Last : matched;
        state.AdvanceCommit(LogIndex.Min(m.Commit, proven));
        if (state.Durable >= matched || Mutants.FollowerAcksBeforeDurable)
            _ackDue = true;
    }

    /// <summary>A sign of life from a leader.</summary>
    public void OnHeartbeatRequest(HeartbeatRequest m)
    {
        if (m.Term >= state.Term)
        {
            if (!Follow(m))
                return;
            state.NoteLeaderCommit(m.Commit);
            // The leader names only what this node has acknowledged to it: no comparison is needed.
            state.AdvanceCommit(LogIndex.Min(m.Commit, state.Log.Last));
        }
        state.Send(
            new HeartbeatResponse(state.Self, state.Incarnation, m.From, state.Term, m.Round, state.Log.Last),
            afterHardState: true);
    }

    /// <summary>The leader wants this node to lead in its place. Late or from anybody else, it means nothing.</summary>
    public void OnTimeoutNow(TimeoutNow m)
    {
        if (state.Role != Role.Follower || m.Term != state.Term || m.From != state.Leader || !state.MayCampaign)
            return;
        state.Emit(RaftEventKind.AskedToLead, m.From, state.Log.Last);
        campaign.StartForTransfer();
    }

    /// <summary>The leader cannot bring what is missing here.</summary>
    public void OnSnapshotRequired(SnapshotRequired m)
    {
        if (m.Term < state.Term || !Follow(m))
            return;
        state.NoteLeaderCommit(m.Commit);
        state.LeaderFirst = m.First;
    }

    /// <summary>Says what a snapshot is worth; commits what it stands for where the own log holds it.</summary>
    /// <remarks>
    /// Bounded like <see cref="TryAppendCommitted"/>, for the same reason: what a source knows to be committed may be
    /// unknown to the deposed leader that this node still follows.
    /// </remarks>
    public SnapshotOutcome OnSnapshot(SnapshotMark snapshot)
    {
        bool isNews = snapshot.Index > state.Commit && snapshot.Index <= state.LeaderCommit
            && snapshot.Term <= state.Term;
        if (!isNews || state.IsObserver)
            return SnapshotOutcome.Ignored;
        if (!snapshot.IsContinuedBy(state.Log.TermAt(snapshot.Index)))
            return SnapshotOutcome.Replaces;
        state.AdvanceVerified(snapshot.Index);
        state.AdvanceCommit(snapshot.Index);
        return SnapshotOutcome.Committed;
    }

    /// <summary>Appends entries that are committed, whoever brought them. False when they have no place here.</summary>
    /// <remarks>
    /// Why it is safe. (1) What the source names committed and what a leader has named committed are prefixes of one
    /// log (state machine safety), so entries up to LeaderCommit that the source holds committed are those that the
    /// leader means. The bound is what matters: a source may know of a commit in a term that this node has not heard
    /// of, while the deposed leader that it follows holds other entries there; their acknowledgement would be counted
    /// for those (traps 12, 13). (2) A leader of this node's term or an earlier one has committed them, so every
    /// leader that this node follows from now on holds them (leader completeness): they may be acknowledged to it in
    /// its term by the usual <see cref="AppendAccepted"/>, which moves its view of this node on, and what it sends of
    /// them meanwhile is found there already. (3) The own log before them is committed, too, for the chain covers all
    /// that stands before a record: nothing is truncated, nothing acknowledged is lost. Where an uncommitted entry of
    /// a deposed leader stands at the end, the chain differs, and the leader's messages repair it in Raft's own way.
    /// (4) A longer log of committed entries wins votes more easily and makes nobody electable who lacks one.
    /// </remarks>
    public bool TryAppendCommitted(EntryRange entries)
    {
        bool follows = entries.From == state.Log.Last.Next;
        if (state.IsObserver || !follows || entries.Until > state.LeaderCommit.Next)
            return false;
        if (entries.Terms[^1].Term > state.Term || entries.Terms[0].Term < state.Log.LastTerm)
            return false;
        state.AppendReceived(entries, entries.From);
        LogIndex last = entries.Until.Previous;
        state.AdvanceVerified(last);
        state.AdvanceCommit(last);
        return true;
    }

    /// <summary>More of the log is durable: acknowledges it, once for all entries of one fsync.</summary>
    public void OnDurable()
    {
        if (state.Role == Role.Follower && (_ackTerm != state.Term || Acknowledgeable > _acked))
            _ackDue = true;
    }

    /// <summary>Puts the acknowledgement that is due into the effects.</summary>
    public void CompleteEffects()
    {
        if (!_ackDue)
            return;
        _ackDue = false;
        if (state.Role != Role.Follower || state.Leader.IsNone)
            return;
        _ackTerm = state.Term;
        _acked = Acknowledgeable;
        state.Send(
            new AppendAccepted(state.Self, state.Incarnation, state.Leader, state.Term, _acked),
            afterHardState: true);
    }

    /// <summary>
    /// Accepts the sender as the leader of its term. False for a second leader in one term: it lies.
    /// </summary>
    private bool Follow(Message m)
    {
        bool another = !state.Leader.IsNone && state.Leader != m.From;
        if (m.Term == state.Term && (state.Role == Role.Leader || another))
        {
            state.Refused++;
            return false;
        }
        state.BecomeFollower(m.Term, m.From);
        state.Timer.Heard(m.From);
        return true;
    }

    /// <summary>
    /// Appends what is missing; drops own entries only where they contradict the leader's (trap 12).
    /// </summary>
    private bool Store(EntryRange entries)
    {
        LogIndex difference = state.Log.FirstDifference(entries);
        bool contradicts = difference < entries.Until && difference <= state.Log.Last;
        if (contradicts && difference > state.Commit && difference <= state.Verified)
        {
            state.Refused++;
            return false;
        }
        if (contradicts)
            state.TruncateFrom(difference);
        else if (Mutants.TruncateAlways && entries.Until <= state.Log.Last)
            state.TruncateFrom(entries.Until);
        if (difference < entries.Until)
            state.AppendReceived(entries, difference);
        return true;
    }

    /// <summary>
    /// Tells the leader where to look for the last common entry, skipping a whole term at a time.
    /// </summary>
    private void Reject(AppendRequest m, Term? own)
    {
        LogIndex first = own is null ? state.Log.Last.Next
            : m.PreviousIndex > state.Log.Base ? state.Log.RunStart(m.PreviousIndex) : m.PreviousIndex;
        SendRejection(m, own ?? Term.Zero, first);
    }

    /// <summary>The higher term in the answer deposes a leader that nobody follows any more.</summary>
    private void RefuseStaleLeader(AppendRequest m) =>
        SendRejection(m, Term.Zero, LogIndex.Min(state.Log.Last.Next, m.PreviousIndex));

    private void SendRejection(AppendRequest m, Term conflictTerm, LogIndex conflictFirst) =>
        state.Send(
            new AppendRejected(
                state.Self, state.Incarnation, m.From, state.Term,
                m.PreviousIndex, conflictTerm, conflictFirst),
            afterHardState: true);
}
