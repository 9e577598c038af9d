namespace Chorus.Raft;

/// <summary>
/// How a leader hands over: takes no more proposals, waits until the next leader has all entries, and tells it to
/// campaign at once. What does not come about within an election timeout is given up.
/// </summary>
/// <remarks>Raft dissertation §3.10.</remarks>
internal sealed class LeadershipTransfer(NodeState state, Replication replication)
{
    private ulong _since;
    private bool _asked;

    /// <summary>Who is to lead next; none while no transfer is under way.</summary>
    public NodeId Target { get; private set; } = NodeId.None;

    /// <summary>Whether a transfer is under way.</summary>
    public bool IsUnderWay => !Target.IsNone;

    /// <summary>
    /// Whether a transfer has begun in this leadership, given up since or not. From then on no lease holds: a
    /// <see cref="TimeoutNow"/> may still be on its way, and who campaigns by it is voted for at once, however
    /// lately the voters have heard from this leader (trap 23). Reads that ask a quorum are as safe as ever.
    /// </summary>
    public bool HasBegun { get; private set; }

    /// <summary>A leadership begins or ends.</summary>
    public void Reset()
    {
        Target = NodeId.None;
        HasBegun = false;
    }

    /// <summary>Begins a transfer.</summary>
    /// <param name="target">A voter; none: whoever has most of the log.</param>
    public TransferProposal Begin(NodeId target)
    {
        if (target == state.Self)
            return TransferProposal.AlreadyLeads;
        if (IsUnderWay)
            return TransferProposal.UnderWay;
        if (!target.IsNone && replication.Find(target) is not { IsVoter: true })
            return TransferProposal.NotVoter;
        if ((target.IsNone ? MostUpToDate() : Answering(target)) is not { } peer)
            return TransferProposal.Silent;
        Target = peer.Id;
        HasBegun = true;
        _since = state.Now;
        _asked = false;
        state.Emit(RaftEventKind.TransferBegun, Target, state.Log.Last);
        return TransferProposal.Accepted;
    }

    /// <summary>One tick has passed.</summary>
    public void Tick()
    {
        if (!IsUnderWay || state.Now - _since < (ulong)state.Options.ElectionTimeoutTicks)
            return;
        state.Emit(RaftEventKind.TransferAborted, Target, state.Log.Last);
        Target = NodeId.None;
    }

    /// <summary>Tells the next leader to campaign as soon as it lacks nothing.</summary>
    public void Advance()
    {
        if (!IsUnderWay || _asked || replication.Find(Target) is not { } peer || peer.Match < state.Log.Last)
            return;
        _asked = true;
        Ask(Target);
    }

    /// <summary>
    /// A leader that cannot go on, because its disk hangs, names its successor with its last words (trap 26). Nothing
    /// waits for the disk here, and nothing is lost by it: who lacks a committed entry is not elected.
    /// </summary>
    public void NameSuccessor()
    {
        HasBegun = true;
        if (MostUpToDate() is { } peer)
            Ask(peer.Id);
    }

    private void Ask(NodeId target) =>
        state.Send(new TimeoutNow(state.Self, state.Incarnation, target, state.Term), afterHardState: false);

    // Of a leadership that has just begun nobody may have answered yet: that says nothing against anybody.
    private Progress? Answering(NodeId id) =>
        replication.Find(id) is { IsVoter: true } peer
        && state.Now - peer.AnsweredAt <= (ulong)state.Options.ElectionTimeoutTicks ? peer : null;

    private Progress? MostUpToDate()
    {
        Progress? best = null;
        foreach (Progress peer in replication.Peers)
        {
            if (Answering(peer.Id) is not null && (best is null || IsBetter(peer, best)))
                best = peer;
        }
        return best;
    }

    private bool IsBetter(Progress peer, Progress other) =>
        peer.Match > other.Match || (peer.Match == other.Match && PriorityOf(peer) > PriorityOf(other));

    private int PriorityOf(Progress peer) => state.Configuration.Find(peer.Id)?.Priority ?? 0;
}
