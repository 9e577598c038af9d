namespace Chorus.Raft;

/// <summary>
/// Refuses what a wiped node says under its old name (trap 18): its data directory, and with it its votes and
/// acknowledgements, are gone. Refuses whatever an observer says, too (trap 19): it has no voice among the peers.
/// </summary>
internal sealed class IncarnationGate(NodeState state)
{
    /// <summary>Ticks between two reports about refused messages.</summary>
    private const ulong ReportTicks = 100;

    private NodeId _reported = NodeId.None;
    private ulong _reportedAt;

    /// <summary>Whether a message may be looked at, as far as the sender's incarnation goes.</summary>
    /// <remarks>
    /// Answers are what is counted, so they must come from the very member of the configuration; and so must questions
    /// about reads. Requests of
    /// a sender unknown here, or replaced under a configuration that has not reached this node yet, are
    /// another matter: dropping them would cut a lagging node off from its legitimate leader. They can do no
    /// harm: a wiped node has no configuration, so it neither campaigns nor leads; or it is a founder that has written
    /// its first record again, and then it needs the votes of all (<see cref="Campaign"/>).
    /// </remarks>
    public bool Admits(Message message)
    {
        Member? member = state.Configuration.Find(message.From);
        bool isAnswer = message
            is PreVoteResponse or VoteResponse or AppendAccepted or AppendRejected or HeartbeatResponse
                or ReadIndexRequest;
        if (member is null)
            return !isAnswer;
        bool isSame = member.Incarnation == 0 || member.Incarnation == message.FromIncarnation;
        if (isSame && member.Kind == MemberKind.Observer)
        {
            state.Refused++;
            return false;
        }
        if (isSame || Mutants.IncarnationIgnored)
            return true;
        bool mayBeNewer = message switch
        {
            AppendRequest or HeartbeatRequest or SnapshotRequired or ReadIndexResponse => true,
            PreVoteRequest m => !IsKnown(m.LastTerm, m.LastIndex),
            VoteRequest m => !IsKnown(m.LastTerm, m.LastIndex),
            _ => false,
        };
        if (!mayBeNewer)
            Report(message.From);
        return mayBeNewer;
    }

    /// <summary>Makes it known that a message was refused, at most once in a while.</summary>
    public void Report(NodeId from)
    {
        if (from == _reported && state.Now - _reportedAt < ReportTicks)
            return;
        _reported = from;
        _reportedAt = state.Now;
        state.Emit(RaftEventKind.WrongIncarnation, from, LogIndex.Zero);
    }

    /// <summary>Whether a log that ends there holds nothing that this one lacks.</summary>
    private bool IsKnown(Term lastTerm, LogIndex lastIndex) =>
        lastTerm < state.Log.LastTerm || (lastTerm == state.Log.LastTerm && lastIndex <= state.Log.Last);
}
