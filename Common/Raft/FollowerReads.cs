namespace Chorus.Raft;

/// <summary>
/// Reads at a voter or learner that does not lead: it asks its leader how far it must have applied, then answers.
/// </summary>
/// <remarks>
/// Raft dissertation §6.4. One question of a kind is under way at a time; reads that come meanwhile share the next one
/// (trap 22). An answer counts only from the leader that was asked, in the term in which it was asked. The tickets
/// begin at a random number, so that an answer to an earlier life of this process fits no question of this one.
/// </remarks>
internal sealed class FollowerReads(NodeState state, ulong firstTicket)
{
    private readonly Question[] _questions = [new(ReadKind.Index, firstTicket), new(ReadKind.Lease, firstTicket)];
    private NodeId _leader = NodeId.None;
    private Term _term;

    /// <summary>The reads of one kind: Granted ≤ Asked ≤ Given.</summary>
    private sealed class Question(ReadKind kind, ulong firstTicket)
    {
        public ReadKind Kind { get; } = kind;
        public ulong Given { get; set; } = firstTicket;
        public ulong Asked { get; set; } = firstTicket;
        public ulong Granted { get; set; } = firstTicket;
        public ulong AskedAt { get; set; }
        public bool IsUnderWay => Asked > Granted;
    }

    /// <summary>Takes in a read; false when nobody could be asked.</summary>
    public bool TryRegister(ReadKind kind, out ulong ticket)
    {
        ticket = 0;
        if (state.Role != Role.Follower || state.Leader.IsNone || kind == ReadKind.Log)
            return false;
        (_leader, _term) = (state.Leader, state.Term);
        ticket = ++_questions[(int)kind].Given;
        return true;
    }

    /// <summary>Asks the leader where that is due, and once more where an answer seems lost.</summary>
    public void CompleteEffects()
    {
        foreach (Question question in _questions)
        {
            if (question.IsUnderWay)
            {
                if (state.Now - question.AskedAt < (ulong)state.Options.HeartbeatTicks)
                    continue;
            }
            else if (question.Given > question.Asked)
            {
                question.Asked = question.Given;
            }
            else
            {
                continue;
            }
            question.AskedAt = state.Now;
            state.Send(
                new ReadIndexRequest(
                    state.Self, state.Incarnation, _leader, _term, question.Kind, question.Asked),
                afterHardState: false);
        }
    }

    /// <summary>The leader has answered.</summary>
    public void OnResponse(ReadIndexResponse m)
    {
        if (state.Role != Role.Follower || m.Term != state.Term || m.From != state.Leader)
            return;
        Question question = _questions[(int)m.Kind];
        if (m.Ticket <= question.Granted || m.Ticket > question.Asked)
            return;
        // What came behind the question is not covered by its answer.
        ulong until = Mutants.FollowerReadByOldAnswer ? question.Given : m.Ticket;
        question.Granted = until;
        question.Asked = Math.Max(question.Asked, until);
        LogIndex index = Mutants.FollowerReadBeforeApplied ? LogIndex.Zero : m.Index;
        state.Effects.Reads.Add(new ReadGrant(m.Kind, until, index));
        // The log equals that of this very leader up to Verified: so the answer spares the wait for its next message.
        state.NoteLeaderCommit(m.Index);
        state.AdvanceCommit(LogIndex.Min(m.Index, state.Verified));
    }

    /// <summary>Who was asked is not followed any more: what waits is dropped.</summary>
    public void Settle()
    {
        if (state.Role == Role.Follower && state.Leader == _leader && state.Term == _term)
            return;
        foreach (Question question in _questions)
        {
            state.Effects.ReadsDropped |= question.Given > question.Granted;
            question.Granted = question.Asked = question.Given;
        }
    }
}
