namespace Chorus.Raft;

/// <summary>
/// How a leader changes the members: one change at a time, active at append. A change that touches one voter at most is
/// one entry; any other goes through C_old,new, which the leader leaves for C_new as soon as it is committed.
/// </summary>
/// <remarks>
/// Raft §6; dissertation §4.1 to §4.3. Two majorities of neighbouring configurations share a voter, for they differ by
/// one voter, or one of them is joint and needs both majorities; that holds only if the configuration before has been
/// committed, and in this term (trap 15).
/// </remarks>
internal sealed class Membership(NodeState state, Replication replication)
{
    /// <summary>Whether a member has yet to be pinned or promoted.</summary>
    private bool _unsettled;

    /// <summary>A leadership begins.</summary>
    public void Start() => NoteUnsettled();

    /// <summary>Puts another configuration in force, or the joint one on the way to it, if that is allowed.</summary>
    public ConfigurationProposal Propose(Configuration next)
    {
        Check.That(!next.IsJoint, "joint configurations are made here");
        Configuration current = state.Configuration;
        if ((!IsSettled || current.IsJoint) && !Mutants.OverlappingChanges)
            return ConfigurationProposal.ChangeInFlight;
        if (!IsAllowed(next))
            return ConfigurationProposal.NotAllowed;
        if (!CanStillDecide(next))
            return ConfigurationProposal.NoQuorum;
        if (!current.Members.SequenceEqual(next.Members))
            Activate(VotersChanged(current, next) <= 1 ? next : Configuration.Joint(current.Target, next));
        return ConfigurationProposal.Accepted;
    }

    /// <summary>
    /// Takes the next step that is due: leaves a joint configuration, pins an incarnation, or promotes a learner that
    /// has caught up.
    /// </summary>
    /// <returns>
    /// Whether the leadership must be handed over first: only a voter of C_new may leave C_old,new.
    /// </returns>
    public bool Advance()
    {
        if (!_unsettled || (!IsSettled && !Mutants.JointLeftEarly))
            return false;
        if (state.Configuration.IsJoint)
        {
            if (!state.Configuration.IsTargetVoter(state.Self))
                return true;
            Activate(state.Configuration.Target);
            return false;
        }
        if (IsSettled && !TryPin())
            TryPromote();
        return false;
    }

    /// <summary>Why a member is not a voter yet.</summary>
    public PromotionWait WaitOf(Progress peer)
    {
        if (state.Configuration.Find(peer.Id) is not { Kind: MemberKind.Learner } member)
            return PromotionWait.None;
        if (member.IsHeld)
            return PromotionWait.Held;
        if (member.Incarnation == 0 && !peer.HasAnswered)
            return PromotionWait.FirstContact;
        if (!replication.Answers(peer))
            return PromotionWait.Answer;
        if (!HasCaughtUp(peer))
            return PromotionWait.Entries;
        return IsSettled && !state.Configuration.IsJoint ? PromotionWait.None : PromotionWait.OtherChange;
    }

    private bool TryPin()
    {
        foreach (Member member in state.Configuration.Members)
        {
            ulong incarnation = member.Id == state.Self
                ? state.Incarnation
                : replication.Find(member.Id)?.Incarnation ?? 0;
            if (member.Incarnation != 0 || incarnation == 0)
                continue;
            Activate(state.Configuration.With(member with { Incarnation = incarnation }));
            return true;
        }
        return false;
    }

    private void TryPromote()
    {
        foreach (Member member in state.Configuration.Members)
        {
            bool isDue = member is { Kind: MemberKind.Learner, IsHeld: false, Incarnation: not 0 }
                && replication.Find(member.Id) is { } peer && HasCaughtUp(peer);
            if (!isDue)
                continue;
            state.Emit(RaftEventKind.PromotingLearner, member.Id, state.Log.Last);
            Activate(state.Configuration.With(member with { Kind = MemberKind.Voter }));
            return;
        }
    }

    /// <summary>Whether the last change is committed, and something of this term.</summary>
    private bool IsSettled =>
        state.Configurations.Active.Index <= state.Commit && replication.TermStart <= state.Commit;

    private bool HasCaughtUp(Progress peer) =>
        peer.State == ProgressState.Replicate
        && replication.Answers(peer)
        && state.Log.Last - peer.Match <= state.Options.PromotionLagEntries;

    private void Activate(Configuration next)
    {
        LogIndex index = state.AppendOwn(1);
        state.Effects.OwnEntries.Add(new OwnEntry(index, next));
        state.Configurations.Append(index, next);
        state.Emit(RaftEventKind.ConfigurationActive, state.Self, index);
        replication.Configure(next, state.Log.Last.Next);
        NoteUnsettled();
    }

    private void NoteUnsettled()
    {
        _unsettled = state.Configuration.IsJoint;
        foreach (Member member in state.Configuration.Members)
        {
            _unsettled |= member.Kind != MemberKind.Observer
                && (member.Incarnation == 0 || member is { Kind: MemberKind.Learner, IsHeld: false });
        }
    }

    /// <summary>
    /// Whether a configuration may follow the present one: this node goes on leading it, and nobody keeps the
    /// vote of a member whose data directory is another one now (trap 18): who is replaced starts again as a
    /// learner. An observer is one from its first day to its last, and so is whoever is none (trap 19): what it once
    /// received or promised in the one part says nothing in the other. Its incarnation is known from the start, for
    /// nobody would ever pin it.
    /// </summary>
    private bool IsAllowed(Configuration next)
    {
        Member? own = next.Find(state.Self);
        if (own is not { Kind: MemberKind.Voter })
            return false;
        if (next.Members.Union(state.Configuration.Members).DistinctBy(m => m.Id).Count() > Configuration.MembersMax)
            return false;
        if (own.Incarnation != 0 && own.Incarnation != state.Incarnation)
            return false;
        foreach (Member member in next.Members)
        {
            bool isObserver = member.Kind == MemberKind.Observer;
            if (isObserver && member.Incarnation == 0)
                return false;
            if (state.Configuration.Find(member.Id) is not { } known)
                continue;
            if (isObserver != (known.Kind == MemberKind.Observer))
                return false;
            bool isReplaced = known.Incarnation != 0 && known.Incarnation != member.Incarnation;
            if (isReplaced && member.Kind != MemberKind.Learner)
                return false;
        }
        return true;
    }

    /// <summary>
    /// Whether a majority of the voters answers: a change that nobody can commit could not be taken back
    /// either.
    /// </summary>
    private bool CanStillDecide(Configuration next)
    {
        int answering = 0;
        foreach (NodeId voter in next.Voters)
        {
            if (voter == state.Self || replication.Find(voter) is { } peer && replication.Answers(peer))
                answering++;
        }
        return answering >= Quorum.Majority(next.Voters.Count);
    }

    /// <summary>Voters that one of two configurations has and the other has not.</summary>
    private static int VotersChanged(Configuration before, Configuration after)
    {
        int gone = before.Members.Count(old => old.Kind == MemberKind.Voter && !IsSame(old, after.Find(old.Id)));
        int come = after.Members.Count(
            member => member.Kind == MemberKind.Voter && !(before.Find(member.Id) is { } old && IsSame(old, member)));
        return gone + come;
    }

    private static bool IsSame(Member old, Member? now) =>
        now is { Kind: MemberKind.Voter } && old.Kind == MemberKind.Voter
        && (old.Incarnation == 0 || old.Incarnation == now.Incarnation);
}
