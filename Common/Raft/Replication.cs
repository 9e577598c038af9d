namespace Chorus.Raft;

/// <summary>
/// How a leader brings its log to the others: probes for the common entry, then streams. What only the disk holds goes
/// out as a trickle, for whoever reads it holds up everybody else; who lacks that much fetches it by Transfer.
/// </summary>
/// <remarks>Raft §5.3; pipelining: dissertation §10.2.1.</remarks>
internal sealed class Replication(NodeState state)
{
    private Progress[] _peers = [];
    private EntryRange _lastRange = EntryRange.EmptyAt(new LogIndex(1));
    private bool _announceCommit;

    /// <summary>First entry of this term.</summary>
    public LogIndex TermStart { get; private set; }

    /// <summary>The other voters and the learners, ordered by id.</summary>
    public ReadOnlySpan<Progress> Peers => _peers;

    /// <summary>Ticks without any sign of progress after which something is held to be lost.</summary>
    private ulong ResendTicks => 2 * (ulong)state.Options.HeartbeatTicks;

    /// <summary>
    /// Whether messages must wait for the disk to know the term. Votes left only after it did; but the only
    /// voter of a cluster needs none.
    /// </summary>
    private bool TermMayBeForgotten => state.Durable < TermStart;

    /// <summary>Starts with the belief that everybody has everything up to this term.</summary>
    public void Start(LogIndex termStart)
    {
        TermStart = termStart;
        _announceCommit = false;
        _lastRange = EntryRange.EmptyAt(termStart);
        _peers = [];
        Configure(state.Configuration, termStart);
    }

    /// <summary>Forgets the others.</summary>
    public void Stop() => _peers = [];

    /// <summary>
    /// Takes over the voters and learners of a configuration, of both halves of a joint one; keeps what is known of
    /// those that stay.
    /// </summary>
    public void Configure(Configuration configuration, LogIndex next)
    {
        List<Progress> peers = [];
        foreach (Member member in configuration.All)
        {
            // Observers follow the feed: without a Progress nothing is sent to them and nothing of theirs can count.
            if (member.Id == state.Self || member.Kind == MemberKind.Observer)
                continue;
            Progress? known = Find(member.Id);
            Progress peer = known is not null && known.Is(member) ? known : new Progress(member.Id, next, state.Now);
            peer.Pinned = member.Incarnation;
            peer.IsVoter = configuration.IsTargetVoter(member.Id);
            peer.IsPreviousVoter = configuration.IsPreviousVoter(member.Id);
            peers.Add(peer);
        }
        _peers = [.. peers];
    }

    /// <summary>Finds a member.</summary>
    public Progress? Find(NodeId id)
    {
        foreach (Progress peer in _peers)
        {
            if (peer.Id == id)
                return peer;
        }
        return null;
    }

    /// <summary>Whether a member has answered within an election timeout.</summary>
    public bool Answers(Progress peer) => peer.HasAnswered && IsRecent(peer.AnsweredAt);

    /// <summary>Whether a member may yet give its first answer in time.</summary>
    public bool Awaits(Progress peer) => !peer.HasAnswered && IsRecent(peer.AnsweredAt);

    private bool IsRecent(ulong tick) => state.Now - tick <= (ulong)state.Options.ElectionTimeoutTicks;

    /// <summary>
    /// Largest v such that a majority of the voters has a value ≥ v; of a joint configuration a majority of each half.
    /// </summary>
    /// <param name="own">This node's own value.</param>
    /// <param name="valueOf">The others' values.</param>
    /// <remarks>Raft §6: agreement requires separate majorities from both the old and new configurations.</remarks>
    public ulong ReachedByQuorum(ulong own, Func<Progress, ulong> valueOf)
    {
        Configuration configuration = state.Configuration;
        Span<ulong> values = stackalloc ulong[Configuration.MembersMax];
        values = values[..configuration.Voters.Count];
        Collect(values, configuration.IsTargetVoter(state.Self), own, static peer => peer.IsVoter, valueOf);
        ulong reached = Quorum.ReachedByMajority(values);
        if (configuration.Previous is not { } previous || Mutants.JointByNewMajority)
            return reached;
        Span<ulong> others = stackalloc ulong[Configuration.MembersMax];
        others = others[..previous.Voters.Count];
        Collect(others, configuration.IsPreviousVoter(state.Self), own, static peer => peer.IsPreviousVoter, valueOf);
        return Math.Min(reached, Quorum.ReachedByMajority(others));
    }

    // A seat for which nobody speaks counts as 0.
    private void Collect(
        Span<ulong> values, bool isVoter, ulong own, Func<Progress, bool> counts, Func<Progress, ulong> valueOf)
    {
        values.Clear();
        int count = 0;
        if (isVoter)
            values[count++] = own;
        foreach (Progress peer in _peers)
        {
            if (counts(peer))
                values[count++] = valueOf(peer);
        }
    }

    /// <summary>Collects one value for each voter, and for each learner if those are wanted.</summary>
    public int CollectMembers(Span<ulong> values, ulong own, Func<Progress, ulong> valueOf, bool withLearners)
    {
        int count = 0;
        values[count++] = own;
        foreach (Progress peer in _peers)
        {
            if (peer.IsVoter || withLearners)
                values[count++] = valueOf(peer);
        }
        return count;
    }

    /// <summary>Has those told of the commit index who have not heard of it with entries.</summary>
    public void AnnounceCommit() => _announceCommit = true;

    /// <summary>A member does not have the entry before those sent: goes back, by whole terms.</summary>
    /// <remarks>
    /// From ConflictFirst up to the refused index the member holds entries of ConflictTerm alone, so the logs
    /// can only agree there where this log holds that term too. Every answer moves Next back, so the search
    /// ends.
    /// </remarks>
    public void OnRejected(Progress peer, AppendRejected m)
    {
        bool isCurrent = peer.State == ProgressState.Probe
            ? m.RejectedIndex == peer.Next.Previous
            : m.RejectedIndex > peer.Match && m.RejectedIndex < peer.Next;
        if (!isCurrent)
            return;
        LogIndex next = m.ConflictFirst;
        if (m.ConflictTerm > Term.Zero)
        {
            LogIndex last = state.Log.LastAtMost(m.ConflictTerm, m.RejectedIndex);
            bool shared = state.Log.TermAt(last) == m.ConflictTerm;
            next = shared ? last.Next : LogIndex.Min(last.Next, m.ConflictFirst);
        }
        LogIndex first = state.Log.Base.Next;
        next = LogIndex.Max(first, LogIndex.Min(next, m.RejectedIndex));
        if (peer.State == ProgressState.Probe && m.RejectedIndex == first.Previous)
        {
            // The probe stays outstanding: the next one leaves in its own time, and is accepted once the member has
            // what it lacks.
            state.Send(
                new SnapshotRequired(state.Self, state.Incarnation, peer.Id, state.Term, first, state.Commit),
                TermMayBeForgotten);
            return;
        }
        peer.ProbeFrom(next, state.Now);
    }

    /// <summary>
    /// A member lives. If nothing has moved there for a while, something got lost on the way.
    /// </summary>
    public void OnHeartbeatResponse(Progress peer, HeartbeatResponse m)
    {
        int place = 0;
        foreach (Progress other in _peers)
            place += other.Round >= m.Round ? 1 : 0;
        if (!peer.NoteRound(m.Round, place, m.LastIndex, state.Now) || state.Now - peer.AdvancedAt < ResendTicks)
            return;
        if (peer.State == ProgressState.Probe)
            peer.RetryProbe();
        else if (peer.Claimed < peer.Next.Previous)
            peer.Backtrack(LogIndex.Max(peer.Claimed, peer.Match).Next, state.Now);
        else if (peer.Next > peer.Match.Next)
            peer.AskForAcknowledgement(state.Now);
    }

    /// <summary>Sends one heartbeat to everybody.</summary>
    public void SendHeartbeats(ulong round)
    {
        foreach (Progress peer in _peers)
            SendHeartbeat(peer, round);
    }

    /// <summary>
    /// Sends one heartbeat to no more voters than make a quorum with this node: those that answered the newest round,
    /// the first of them first. Every answer beyond that would come at the price of a thread that wakes up for nothing.
    /// </summary>
    /// <returns>
    /// Whether it could: this node votes, the configuration is no joint one, and that many voters answer at all.
    /// </returns>
    public bool TrySendHeartbeatsToFewest(ulong round)
    {
        Configuration configuration = state.Configuration;
        int wanted = Quorum.Majority(configuration.Voters.Count) - 1;
        if (configuration.Previous is not null || !configuration.IsTargetVoter(state.Self) || wanted == 0)
            return false;
        Span<int> chosen = stackalloc int[Configuration.MembersMax];
        int count = 0;
        for (int i = 0; i < _peers.Length; i++)
        {
            if (!_peers[i].IsVoter || !Answers(_peers[i]))
                continue;
            int at = count++;
            for (; at > 0 && IsQuicker(_peers[i], _peers[chosen[at - 1]]); at--)
                chosen[at] = chosen[at - 1];
            chosen[at] = i;
        }
        if (count < wanted)
            return false;
        foreach (int i in chosen[..wanted])
            SendHeartbeat(_peers[i], round);
        return true;
    }

    private static bool IsQuicker(Progress one, Progress other) =>
        one.Round > other.Round || (one.Round == other.Round && one.RoundPlace < other.RoundPlace);

    private void SendHeartbeat(Progress peer, ulong round)
    {
        // Beyond Match the member's log may differ (trap 12).
        LogIndex proven = Mutants.CommitBeyondMatch ? state.Commit : peer.Match;
        LogIndex commit = LogIndex.Min(state.Commit, proven);
        peer.CommitTold = LogIndex.Max(peer.CommitTold, commit);
        state.Send(
            new HeartbeatRequest(state.Self, state.Incarnation, peer.Id, state.Term, commit, round),
            TermMayBeForgotten);
    }

    /// <summary>Sends everybody what they lack, as far as their windows allow.</summary>
    public void AddMessages()
    {
        foreach (Progress peer in _peers)
        {
            // What was cut off cannot be sent, but the member may have it, from somebody else or of its own.
            if (peer.Next <= state.Log.Base)
                peer.ProbeFrom(state.Log.Base.Next, state.Now);
            if (peer.State == ProgressState.Replicate)
                Stream(peer);
            else if (!peer.ProbeOutstanding)
                Probe(peer);
        }
        _announceCommit = false;
    }

    /// <summary>
    /// Index behind the last entry that a member may have now. Who has no vote is not sent a configuration before it is
    /// committed: somebody whose vote it takes away would have more of the log than those that still count on that vote
    /// after a crash, could not give it to them, and could not campaign either.
    /// </summary>
    private LogIndex EndFor(Progress peer)
    {
        LogIndex configuration = state.Configurations.Active.Index;
        bool hasVote = peer.IsVoter || peer.IsPreviousVoter;
        return hasVote || configuration <= state.Commit ? state.Log.Last.Next : configuration;
    }

    private void Probe(Progress peer)
    {
        LogIndex until = peer.Next;
        LogIndex end = EndFor(peer);
        // A probe asks where the logs part; for that, nothing is read from the disk.
        if (!peer.ProbeRetried && until < end && state.Sizes.IsAtHand(until))
        {
            end = LogIndex.Min(end, peer.Next + (ulong)state.Options.WindowEntries);
            until = state.Sizes.Fit(peer.Next, end, state.Options.MessageBytes, out _);
        }
        SendEntries(peer, until);
        peer.SentProbe(state.Now);
    }

    private void Stream(Progress peer)
    {
        bool told = false;
        LogIndex windowEnd = peer.Match.Next + (ulong)state.Options.WindowEntries;
        LogIndex end = LogIndex.Min(EndFor(peer), windowEnd);
        while (peer.Next < end)
        {
            bool isAtHand = state.Sizes.IsAtHand(peer.Next);
            long room = isAtHand ? state.Options.WindowBytes - peer.Window.Bytes : TrickleRoom(peer);
            if (room <= 0)
                break;
            long bytesMax = Math.Min(room, state.Options.MessageBytes);
            LogIndex until = state.Sizes.Fit(peer.Next, end, bytesMax, out long bytes);
            Check.That(until > peer.Next && until <= end, "a message takes one entry at least, and none too many");
            // A single entry larger than the room left waits until the window is empty.
            if (bytes > room && peer.Window.Count > 0)
                break;
            SendEntries(peer, until);
            peer.SentEntries(until, bytes, state.Now);
            if (!isAtHand)
                peer.Trickled(bytes);
            told = true;
        }
        bool commitDue = _announceCommit && peer.CommitTold < state.Commit;
        if (!told && (commitDue || peer.AcknowledgementWanted))
            SendEntries(peer, peer.Next);
    }

    private long TrickleRoom(Progress peer) =>
        peer.TrickleRoom(state.Now, (ulong)state.Options.HeartbeatTicks, state.Options.TrickleBytes);

    /// <summary>Sends the entries <c>[Next, until)</c>, which may be none.</summary>
    private void SendEntries(Progress peer, LogIndex until)
    {
        LogIndex previous = peer.Next.Previous;
        Term? previousTerm = state.Log.TermAt(previous);
        Check.That(previousTerm is not null, "the entry before a message stands in the log");
        state.Send(
            new AppendRequest(
                state.Self, state.Incarnation, peer.Id, state.Term, previous, previousTerm.Value,
                RangeOf(peer.Next, until), state.Commit),
            TermMayBeForgotten);
        peer.CommitTold = state.Commit;
        peer.AcknowledgementWanted = false;
    }

    /// <summary>
    /// Describes entries for a message. Most followers get the same message, so the last one is kept.
    /// </summary>
    private EntryRange RangeOf(LogIndex from, LogIndex until)
    {
        if (_lastRange.From != from || _lastRange.Until != until)
            _lastRange = new EntryRange(
                from, until, state.Log.Slice(from, until), state.Configurations.Slice(from, until));
        return _lastRange;
    }
}
