namespace Chorus.Raft;

/// <summary>
/// How a leader changes the members: one change at a time, of one member, active at append.
/// </summary>
/// <remarks>
/// Raft dissertation §4.1, §4.2. Any two majorities of neighbouring configurations share a voter; that holds
/// only if the configuration before has been committed, and in this term (trap 15).
/// </remarks>
internal sealed class Membership(NodeState state, Replication replication)
{
    /// <summary>Whether a member has yet to be pinned or promoted.</summary>
    private bool _unsettled;

    /// <summary>A leadership begins.</summary>
    public void Start() => NoteUnsettled();

    /// <summary>Puts another configuration in force, if that is allowed now.</summary>
    public ConfigurationProposal Propose(Configuration next)
    {
        if (!IsSettled && !Mutants.OverlappingChanges)
            return ConfigurationProposal.ChangeInFlight;
        int changes = CountChanges(state.Configuration, next);
        if (changes > 1 || !IsAllowed(next) || !CanStillDecide(next))
            return ConfigurationProposal.NotAllowed;
        if (changes == 1)
            Activate(next);
        return ConfigurationProposal.Accepted;
    }

    /// <summary>
    /// Takes the next step that is due: pins an incarnation, or promotes a learner that has caught up.
    /// </summary>
    public void Advance()
    {
        if (!_unsettled || !IsSettled)
            return;
        foreach (Member member in state.Configuration.Members)
        {
            ulong incarnation = member.Id == state.Self
                ? state.Incarnation
                : replication.Find(member.Id)?.Incarnation ?? 0;
            if (member.Incarnation == 0 && incarnation != 0)
            {
                Activate(state.Configuration.With(member with { Incarnation = incarnation }));
                return;
            }
        }
        foreach (Member member in state.Configuration.Members)
        {
            if (member.Kind == MemberKind.Learner && member.Incarnation != 0 && HasCaughtUp(member.Id))
            {
                state.Emit(RaftEventKind.PromotingLearner, member.Id, state.Log.Last);
                Activate(state.Configuration.With(member with { Kind = MemberKind.Voter }));
                return;
            }
        }
    }

    /// <summary>Whether the last change is committed, and something of this term.</summary>
    private bool IsSettled =>
        state.Configurations.Active.Index <= state.Commit && replication.TermStart <= state.Commit;

    private bool HasCaughtUp(NodeId id)
    {
        Progress? peer = replication.Find(id);
        return peer is { State: ProgressState.Replicate }
            && replication.Answers(peer)
            && state.Log.Last - peer.Match <= state.Options.PromotionLagEntries;
    }

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
        _unsettled = false;
        foreach (Member member in state.Configuration.Members)
        {
            _unsettled |= member.Kind != MemberKind.Observer
                && (member.Incarnation == 0 || member.Kind == MemberKind.Learner);
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
        if (own is not { Kind: MemberKind.Voter } || next.Members.Count > Configuration.MembersMax)
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

    /// <summary>Members added, removed or changed.</summary>
    private static int CountChanges(Configuration before, Configuration after)
    {
        int changes = 0;
        foreach (Member member in after.Members)
        {
            if (member != before.Find(member.Id))
                changes++;
        }
        foreach (Member member in before.Members)
        {
            if (after.Find(member.Id) is null)
                changes++;
        }
        return changes;
    }
}
