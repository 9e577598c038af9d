namespace Chorus.Raft;

/// <summary>
/// Linearizable reads of one kind that wait until the leader knows that it still led after they were asked.
/// </summary>
/// <param name="kind">The kind.</param>
/// <remarks>Raft dissertation §6.4; traps 22 and 23.</remarks>
internal sealed class ReadQueue(ReadKind kind)
{
    private readonly Queue<(ulong Round, ulong Ticket, LogIndex Commit)> _rounds = new();
    private ulong _given;
    private ulong _timed;
    private ulong _assigned;
    private ulong _granted;

    /// <summary>Whether reads wait that no round under way could serve, and no round is under way.</summary>
    public bool NeedsRound => (kind == ReadKind.Lease ? _timed : _given) > _assigned && _rounds.Count == 0;

    /// <summary>Whether any read waits.</summary>
    public bool HasWaiting => _given > _granted;

    /// <summary>Takes in a read.</summary>
    /// <param name="round">
    /// The newest round so far; it was begun before the read, so it cannot serve it.
    /// </param>
    /// <param name="commit">Commit index now.</param>
    public ulong Register(ulong round, LogIndex commit)
    {
        _given++;
        if (Mutants.ReadByOldRound && round > 0)
            RoundBegun(round, commit);
        return _given;
    }

    /// <summary>The clock was read: behind the reads taken in so far, so a lease that holds then is theirs.</summary>
    public void ClockRead() => _timed = _given;

    /// <summary>A heartbeat round begins: it serves all reads taken in so far.</summary>
    public void RoundBegun(ulong round, LogIndex commit)
    {
        if (_given == _assigned)
            return;
        _assigned = _given;
        _rounds.Enqueue((round, _assigned, commit));
    }

    /// <summary>Grants the reads of the rounds that a quorum has answered.</summary>
    /// <param name="answered">Newest round that a quorum has answered.</param>
    /// <param name="termStart">First entry of this term.</param>
    /// <param name="commit">Commit index now.</param>
    /// <param name="grant">Covers everything up to its ticket.</param>
    public bool TryGrant(ulong answered, LogIndex termStart, LogIndex commit, out ReadGrant grant)
    {
        grant = default;
        // A new leader does not know how far its predecessor committed before an entry of its own term is.
        if (commit < termStart && !Mutants.ReadBeforeTermCommit)
            return false;
        bool any = false;
        while (_rounds.TryPeek(out var head) && head.Round <= answered)
        {
            LogIndex least = Mutants.ReadBeforeTermCommit ? LogIndex.Zero : termStart;
            grant = new ReadGrant(kind, head.Ticket, LogIndex.Max(head.Commit, least));
            any = true;
            _granted = head.Ticket;
            _rounds.Dequeue();
        }
        return any;
    }

    /// <summary>Grants, by a lease that holds, the reads that were taken in before the clock was read.</summary>
    /// <param name="termStart">First entry of this term.</param>
    /// <param name="commit">Commit index now.</param>
    /// <param name="grant">Covers everything up to its ticket.</param>
    public bool TryGrantByLease(LogIndex termStart, LogIndex commit, out ReadGrant grant)
    {
        ulong until = Mutants.LeaseNotCheckedAgain ? _given : _timed;
        grant = new ReadGrant(kind, until, commit);
        if (until <= _granted || commit < termStart)
            return false;
        _granted = until;
        _assigned = Math.Max(_assigned, until);
        while (_rounds.TryPeek(out var head) && head.Ticket <= until)
            _rounds.Dequeue();
        return true;
    }

    /// <summary>Drops all that wait.</summary>
    /// <returns>Whether any did.</returns>
    public bool Drop()
    {
        bool any = HasWaiting;
        _rounds.Clear();
        _granted = _assigned = _timed = _given;
        return any;
    }
}
