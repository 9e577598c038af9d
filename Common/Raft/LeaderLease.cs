namespace Chorus.Raft;

/// <summary>
/// Until when the voters that answered the leader's heartbeats have promised to elect nobody else.
/// </summary>
/// <remarks>
/// Trap 23. The lease counts from when a round was sent, by the leader's own monotonic clock, and only as long as a
/// voter keeps its promise (<see cref="ElectionTimer.HeardRecently"/>) even if its clock runs faster, by as much as
/// the caller has allowed for in <see cref="RaftOptions.LeaseMicros"/>. Nothing is remembered of a quorum: what
/// counts is asked anew each time, of the configuration that is in force then. Ticks do not do for it: after a pause
/// they make up for less time than has passed.
/// </remarks>
internal sealed class LeaderLease(long leaseMicros)
{
    // Rounds that are older say nothing: at most one waits for answers beside those of the heartbeats.
    private const int RoundsKept = 64;

    private readonly long[] _sentAtMicros = new long[RoundsKept];
    private ulong _newest;

    /// <summary>A leadership begins, without a lease.</summary>
    public void Start() => _newest = 0;

    /// <summary>A round is about to be sent.</summary>
    /// <param name="round">Its number, one more than that of the round before.</param>
    /// <param name="nowMicros">The clock as it was read last, so not later than the round is sent.</param>
    public void RoundSent(ulong round, long nowMicros)
    {
        _newest = round;
        _sentAtMicros[round % RoundsKept] = nowMicros;
    }

    /// <summary>When the lease ends, by the leader's clock; 0 when there is none.</summary>
    /// <param name="answered">Newest round that a quorum has answered; 0 when none was.</param>
    public long EndMicros(ulong answered)
    {
        if (leaseMicros == 0 || answered == 0 || _newest - answered >= RoundsKept)
            return 0;
        return _sentAtMicros[answered % RoundsKept] + leaseMicros;
    }

    /// <summary>Breaks the rule on purpose: the lease counts from when an answer arrived.</summary>
    public void CountFromReceipt(ulong round, long nowMicros)
    {
        if (Mutants.LeaseFromReceipt)
            _sentAtMicros[round % RoundsKept] = nowMicros;
    }
}
