namespace Chorus.Raft;

/// <summary>
/// Decides whether the fields of a message agree with one another. Everything that comes from a peer passes
/// here before any rule of Raft looks at it.
/// </summary>
internal static class MessageCheck
{
    /// <summary>Largest index or term believed: far from where sums overflow.</summary>
    private const ulong NumberMax = long.MaxValue;

    /// <summary>Whether a message makes sense at all.</summary>
    public static bool IsSound(Message message, NodeId self) =>
        NodeId.IsValid(message.From.Value)
        && message.From != self
        && message.To == self
        && message.FromIncarnation != 0
        && message.Term.Value <= NumberMax
        && HasSoundFields(message);

    private static bool HasSoundFields(Message message) => message switch
    {
        PreVoteRequest m => IsEndOfLog(m.LastIndex, m.LastTerm) && m.LastTerm < m.Term,
        VoteRequest m => IsEndOfLog(m.LastIndex, m.LastTerm) && m.LastTerm < m.Term,
        AppendRequest m => m.Term > Term.Zero && IsSound(m),
        AppendAccepted m => IsIndex(m.Match),
        AppendRejected m =>
            IsIndex(m.RejectedIndex) && m.ConflictFirst <= m.RejectedIndex && m.ConflictTerm <= m.Term,
        SnapshotRequired m =>
            m.Term > Term.Zero && IsIndex(m.Commit) && m.First > LogIndex.Zero && m.First <= m.Commit.Next,
        HeartbeatRequest m => m.Term > Term.Zero && IsIndex(m.Commit) && m.Round > 0,
        HeartbeatResponse m => IsIndex(m.LastIndex),
        TimeoutNow m => m.Term > Term.Zero,
        ReadIndexRequest m => m.Term > Term.Zero && m.Ticket > 0 && IsAskedOfLeader(m.Kind),
        ReadIndexResponse m => m.Term > Term.Zero && IsAskedOfLeader(m.Kind) && IsIndex(m.Index),
        PreVoteResponse or VoteResponse => true,
        _ => false,
    };

    private static bool IsAskedOfLeader(ReadKind kind) => kind is ReadKind.Index or ReadKind.Lease;

    private static bool IsIndex(LogIndex index) => index.Value <= NumberMax;

    /// <summary>Index 0 and term 0 belong together.</summary>
    private static bool IsEndOfLog(LogIndex index, Term term) =>
        IsIndex(index) && (index == LogIndex.Zero) == (term == Term.Zero);

    private static bool IsSound(AppendRequest m)
    {
        EntryRange entries = m.Entries;
        if (entries is null || entries.Terms is null || entries.Configurations is null)
            return false;
        return IsEndOfLog(m.PreviousIndex, m.PreviousTerm)
            && IsIndex(m.Commit)
            && IsIndex(entries.Until)
            && entries.From == m.PreviousIndex.Next
            && entries.Until >= entries.From
            && m.PreviousTerm <= m.Term
            && AreTermsSound(m)
            && AreConfigurationsSound(entries);
    }

    private static bool AreTermsSound(AppendRequest m)
    {
        IReadOnlyList<TermRun> terms = m.Entries.Terms;
        if (m.Entries.Count == 0)
            return terms.Count == 0;
        if (terms.Count == 0 || terms[0].First != m.Entries.From || terms[0].Term < m.PreviousTerm)
            return false;
        TermRun last = terms[terms.Count - 1];
        if (terms[0].Term == Term.Zero || last.Term > m.Term || last.First >= m.Entries.Until)
            return false;
        for (int i = 1; i < terms.Count; i++)
        {
            if (terms[i].First <= terms[i - 1].First || terms[i].Term <= terms[i - 1].Term)
                return false;
        }
        return true;
    }

    private static bool AreConfigurationsSound(EntryRange entries)
    {
        LogIndex free = entries.From;
        foreach (ConfigurationEntry entry in entries.Configurations)
        {
            if (entry.Index < free || entry.Index >= entries.Until || entry.Configuration is null)
                return false;
            if (entry.Configuration.All.Count > Configuration.MembersMax)
                return false;
            free = entry.Index.Next;
        }
        return true;
    }
}
