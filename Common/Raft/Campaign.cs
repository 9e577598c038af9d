namespace Chorus.Raft;

/// <summary>What a pre-candidate and a candidate do.</summary>
/// <remarks>
/// Raft §5.2; pre-vote: dissertation §9.6; what the vote of a founder is worth that nobody has pinned:
/// <c>docs/decisions/0019-founders-agree-once.md</c>.
/// </remarks>
internal sealed class Campaign(NodeState state)
{
    /// <summary>Ticks between two reports about a founder that is missing.</summary>
    private const ulong ReportTicks = 500;

    private readonly List<NodeId> _granted = [];
    private readonly List<NodeId> _refused = [];
    private ulong? _reportedAt;

    private bool IsFounding => state.Configuration.AllVoters.Any(voter => !IsPinned(voter));

    /// <summary>Starts: asks around first; the only voter need not ask.</summary>
    public void Start()
    {
        if (state.Configuration.IsOnlyVoter(state.Self))
        {
            Elect(byTransfer: false);
            return;
        }
        if (IsFounding)
            ReportMissingFounder();
        state.BecomePreCandidate();
        StartCount();
        foreach (NodeId voter in state.Configuration.AllVoters)
        {
            if (voter != state.Self)
            {
                // After the hard state: a node whose disk hangs must not bring others to give up on their
                // leader.
                state.Send(
                    new PreVoteRequest(
                        state.Self, state.Incarnation, voter, state.Term.Next,
                        state.Log.Last, state.Log.LastTerm),
                    afterHardState: true);
            }
        }
    }

    /// <summary>Campaigns at once, because the leader wants it: nobody is asked whether it still leads.</summary>
    /// <remarks>Raft dissertation §3.10.</remarks>
    public void StartForTransfer() => Elect(byTransfer: true);

    /// <summary>One tick has passed.</summary>
    public void Tick()
    {
        state.Timer.Tick();
        if (!state.Timer.HasExpired)
            return;
        if (state.MayCampaign)
            Start();
        else
            state.BecomeFollower(state.Term, NodeId.None);
    }

    /// <summary>Counts what a voter would do.</summary>
    public void OnPreVoteResponse(PreVoteResponse m)
    {
        if (state.Role != Role.PreCandidate || (m.Granted && m.Term != state.Term.Next))
            return;
        switch (Count(m.From, m.Granted))
        {
            case VoteOutcome.Won when state.MayCampaign:
                Elect(byTransfer: false);
                break;
            case VoteOutcome.Won or VoteOutcome.Lost:
                state.BecomeFollower(state.Term, NodeId.None);
                break;
        }
    }

    /// <summary>Counts a vote of this term.</summary>
    public void OnVoteResponse(VoteResponse m)
    {
        if (state.Role != Role.Candidate || m.Term != state.Term)
            return;
        switch (Count(m.From, m.Granted))
        {
            case VoteOutcome.Won:
                state.BecomeLeader();
                break;
            case VoteOutcome.Lost:
                state.BecomeFollower(state.Term, NodeId.None);
                break;
        }
    }

    /// <summary>
    /// The own vote is durable. The only voter is elected by it, and not before: a term that a crash makes it forget
    /// would be led twice, with other entries, and a learner may have seen the first ones.
    /// </summary>
    public void OnOwnVoteDurable()
    {
        if (Tally() == VoteOutcome.Won)
            state.BecomeLeader();
    }

    private void Elect(bool byTransfer)
    {
        state.BecomeCandidate();
        StartCount();
        foreach (NodeId voter in state.Configuration.AllVoters)
        {
            if (voter != state.Self)
            {
                state.Send(
                    new VoteRequest(
                        state.Self, state.Incarnation, voter, state.Term, state.Log.Last, state.Log.LastTerm,
                        byTransfer),
                    afterHardState: true);
            }
        }
    }

    private void StartCount()
    {
        _granted.Clear();
        _refused.Clear();
        _granted.Add(state.Self);
    }

    private VoteOutcome Count(NodeId from, bool granted)
    {
        if (state.Configuration.IsVoter(from) && !_granted.Contains(from) && !_refused.Contains(from))
            (granted ? _granted : _refused).Add(from);
        return Tally();
    }

    /// <summary>Names a founder that did not answer when it was last asked.</summary>
    private void ReportMissingFounder()
    {
        if (_granted.Count == 0 || (_reportedAt is { } last && state.Now - last < ReportTicks))
            return;
        foreach (NodeId voter in state.Configuration.AllVoters)
        {
            if (_granted.Contains(voter) || _refused.Contains(voter))
                continue;
            _reportedAt = state.Now;
            state.Emit(RaftEventKind.AwaitsFounder, voter, LogIndex.Zero);
            return;
        }
    }

    /// <remarks>Raft §6: a joint configuration wants a majority of each half.</remarks>
    private VoteOutcome Tally()
    {
        Configuration configuration = state.Configuration;
        VoteOutcome outcome = Tally(configuration, configuration.IsTargetVoter);
        return configuration.Previous is not { } previous || Mutants.JointByNewMajority
            ? outcome
            : Quorum.Both(outcome, Tally(previous, configuration.IsPreviousVoter));
    }

    /// <remarks>
    /// A founder that nobody has pinned may have lost its disk, this node included, and with it what it acknowledged:
    /// its vote counts for something only together with those of all others.
    /// </remarks>
    private VoteOutcome Tally(Configuration half, Func<NodeId, bool> counts)
    {
        int voters = half.Voters.Count;
        int granted = _granted.Count(counts);
        int refused = _refused.Count(counts);
        int pinned = Mutants.UnpinnedVotesCount ? granted : _granted.Count(voter => counts(voter) && IsPinned(voter));
        return Quorum.Either(Quorum.Tally(voters, pinned, refused), Quorum.TallyAll(voters, granted, refused));
    }

    private bool IsPinned(NodeId voter) => state.Configuration.Find(voter) is { Incarnation: not 0 };
}
