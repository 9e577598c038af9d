namespace Chorus.Raft;

/// <summary>The reads that a leader answers for: its own clients', and those that members ask about.</summary>
/// <remarks>Raft dissertation §6.4; traps 22 and 23.</remarks>
internal sealed class LeaderReads(NodeState state)
{
    private readonly ReadQueue _index = new(ReadKind.Index);
    private readonly ReadQueue _lease = new(ReadKind.Lease);
    private readonly BarrierReads _log = new();
    private readonly List<Asked> _asked = [];

    /// <summary>A question of a member: at most one a member and kind.</summary>
    private readonly record struct Asked(NodeId From, ReadKind Kind, ulong Ticket, ulong Own);

    /// <summary>Whether a round must begin for reads that wait.</summary>
    public bool NeedsRound => _index.NeedsRound || _lease.NeedsRound;

    /// <summary>Whether reads wait for a quorum to be heard, or for a lease.</summary>
    public bool AwaitsQuorum => _index.HasWaiting || _lease.HasWaiting;

    /// <summary>Takes in a read.</summary>
    /// <param name="kind">How it is to be answered for.</param>
    /// <param name="round">The newest round so far.</param>
    public ulong Register(ReadKind kind, ulong round) => kind switch
    {
        ReadKind.Index => _index.Register(round, state.Commit),
        ReadKind.Lease => _lease.Register(round, state.Commit),
        _ => _log.Register(),
    };

    /// <summary>A member asks for what its own clients read.</summary>
    public void Register(ReadIndexRequest m, ulong round)
    {
        int at = _asked.FindIndex(a => a.From == m.From && a.Kind == m.Kind);
        // Asked again because an answer seems lost, while the question waits: it keeps its place.
        if (at >= 0 && _asked[at].Ticket == m.Ticket)
            return;
        if (at >= 0)
            _asked.RemoveAt(at);
        _asked.Add(new Asked(m.From, m.Kind, m.Ticket, Register(m.Kind, round)));
    }

    /// <summary>The clock was read.</summary>
    public void ClockRead() => _lease.ClockRead();

    /// <summary>A round begins.</summary>
    public void RoundBegun(ulong round)
    {
        _index.RoundBegun(round, state.Commit);
        _lease.RoundBegun(round, state.Commit);
    }

    /// <summary>Makes the entry that reads through the log wait for.</summary>
    public void AddBarrier()
    {
        if (!_log.NeedsEntry)
            return;
        LogIndex index = state.AppendOwn(1);
        state.Effects.OwnEntries.Add(new OwnEntry(index, null));
        _log.EntryAdded(index);
    }

    /// <summary>Grants what may be answered.</summary>
    /// <param name="answered">Newest round that a quorum has answered.</param>
    /// <param name="leaseHolds">Whether the lease held when the clock was read last.</param>
    /// <param name="termStart">First entry of this term.</param>
    public void Grant(ulong answered, bool leaseHolds, LogIndex termStart)
    {
        if (_index.TryGrant(answered, termStart, state.Commit, out ReadGrant grant))
            Grant(grant);
        if (_lease.TryGrant(answered, termStart, state.Commit, out grant))
            Grant(grant);
        if (leaseHolds && _lease.TryGrantByLease(termStart, state.Commit, out grant))
            Grant(grant);
    }

    /// <summary>Grants the reads whose entry is committed.</summary>
    public void GrantCommitted()
    {
        if (_log.TryGrant(state.Commit, out ReadGrant grant))
            state.Effects.Reads.Add(grant);
    }

    /// <summary>Drops all that wait.</summary>
    /// <returns>Whether any did.</returns>
    public bool Drop()
    {
        _asked.Clear();
        return _index.Drop() | _lease.Drop() | _log.Drop();
    }

    private void Grant(in ReadGrant grant)
    {
        state.Effects.Reads.Add(grant);
        for (int i = 0; i < _asked.Count; i++)
        {
            Asked asked = _asked[i];
            if (asked.Kind != grant.Kind || asked.Own > grant.Ticket)
                continue;
            _asked.RemoveAt(i--);
            state.Send(
                new ReadIndexResponse(
                    state.Self, state.Incarnation, asked.From, state.Term, asked.Kind, asked.Ticket, grant.Index),
                afterHardState: false);
        }
    }
}
