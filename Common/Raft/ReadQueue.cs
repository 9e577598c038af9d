namespace Chorus.Raft;

/// <summary>
/// Linearizable reads that wait until the leader knows that it still led after they were asked.
/// </summary>
/// <remarks>Raft dissertation §6.4; trap 22.</remarks>
internal sealed class ReadQueue
{
    private readonly Queue<(ulong Round, ulong Ticket, LogIndex Commit)> _rounds = new();
    private ulong _given;
    private ulong _assigned;

    /// <summary>Whether reads wait and no heartbeat round that could serve any is on its way.</summary>
    public bool NeedsRound => _given > _assigned && _rounds.Count == 0;

    /// <summary>Whether reads wait for answers to a round.</summary>
    public bool AwaitsRound => _rounds.Count > 0;

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
            grant = new ReadGrant(head.Ticket, LogIndex.Max(head.Commit, least));
            any = true;
            _rounds.Dequeue();
        }
        return any;
    }

    /// <summary>Drops all that wait.</summary>
    /// <returns>Whether any did.</returns>
    public bool Drop()
    {
        bool any = _rounds.Count > 0 || _given > _assigned;
        _rounds.Clear();
        _assigned = _given;
        return any;
    }
}
