namespace Chorus.Raft;

/// <summary>
/// Answers those who ask for a vote. Every member that is asked may vote, learner or not (trap 17).
/// </summary>
internal sealed class Elector(NodeState state)
{
    /// <summary>Says whether it would vote; changes nothing here.</summary>
    /// <remarks>Raft dissertation §9.6.</remarks>
    public void OnPreVoteRequest(PreVoteRequest m)
    {
        bool granted = m.Term > state.Term && !IsLoyalAgainst(m.From) && IsWhole
            && state.Log.IsMatchedBy(m.LastTerm, m.LastIndex);
        Term term = granted ? m.Term : state.Term;
        state.Send(
            new PreVoteResponse(state.Self, state.Incarnation, m.From, term, granted), afterHardState: false);
    }

    /// <summary>Votes, once in a term and only for a log that is at least as up to date.</summary>
    /// <remarks>
    /// Raft §5.2, §5.4.1; the loyal do not even take over the term, unless the leader wants it so: dissertation §4.2.3.
    /// </remarks>
    public void OnVoteRequest(VoteRequest m)
    {
        bool isLoyal = !m.ByTransfer && IsLoyalAgainst(m.From);
        if (m.Term > state.Term && !isLoyal)
            state.BecomeFollower(m.Term, NodeId.None);
        // Loyal in the same term, too: an answer of the candidate may have brought the term here before its request.
        bool granted = m.Term == state.Term && IsWhole && (!isLoyal || Mutants.PromiseLostWithTerm)
            && (state.VotedFor == m.From || (state.VotedFor.IsNone && state.Leader.IsNone))
            && state.Log.IsMatchedBy(m.LastTerm, m.LastIndex);
        if (granted)
        {
            state.Vote(m.From);
            state.Timer.Restart();
        }
        state.Send(
            new VoteResponse(state.Self, state.Incarnation, m.From, state.Term, granted),
            afterHardState: !Mutants.VoteBeforeDurable);
    }

    /// <summary>
    /// Acknowledged entries are missing here: a vote could elect a leader that lacks them too (trap 8).
    /// </summary>
    private bool IsWhole => !state.HasLostEntries;

    /// <summary>
    /// Whether this node leads, or has heard from another leader within the minimum election timeout. A
    /// leader that asks has itself given up. It does not matter that this node knows of no leader any more, because it
    /// asked around itself, or heard of a higher term: the leader that it heard may rely on its lease (trap 23).
    /// </summary>
    private bool IsLoyalAgainst(NodeId candidate) =>
        state.Role == Role.Leader
        || (state.Timer.HeardRecently && state.Timer.HeardFrom != candidate);
}
