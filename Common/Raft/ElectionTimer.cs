namespace Chorus.Raft;

/// <summary>
/// When a node gives up waiting: ticks since it last heard from a leader, and how many it bears.
/// </summary>
/// <remarks>
/// The timeout is drawn from [E, 2 × E), Raft §5.2, plus E for every voter of a higher priority that may
/// still be there, at most <see cref="RanksMax"/>: the preferred voter campaigns first, the others wait
/// longer, but not for ever.
/// <para>
/// Who hears from a leader elects nobody else for E ticks, dissertation §4.2.3. Leases stand on that promise (trap 23):
/// so it outlives a term, a leader that is forgotten, and a restart, after which it is unknown whom it was given to.
/// </para>
/// </remarks>
internal sealed class ElectionTimer(int electionTimeoutTicks, SplitMix random, bool mayHaveHeard)
{
    /// <summary>Most election timeouts that priority adds.</summary>
    public const int RanksMax = 3;

    private int _elapsed;
    private int _timeout = electionTimeoutTicks + random.Below(electionTimeoutTicks);
    private int _sinceHeard = mayHaveHeard && !Mutants.PromiseLostAtRestart ? 0 : electionTimeoutTicks;

    /// <summary>
    /// Whether the minimum election timeout has not passed since a leader was heard, in this life or an earlier one.
    /// </summary>
    public bool HeardRecently => _sinceHeard < electionTimeoutTicks;

    /// <summary>The leader heard last; none when that was in an earlier life, or never.</summary>
    public NodeId HeardFrom { get; private set; } = NodeId.None;

    /// <summary>Whether it is time to campaign.</summary>
    public bool HasExpired => _elapsed >= _timeout;

    /// <summary>One tick has passed.</summary>
    public void Tick()
    {
        if (_elapsed < int.MaxValue)
            _elapsed++;
        if (_sinceHeard < int.MaxValue)
            _sinceHeard++;
    }

    /// <summary>A leader was heard: starts to wait again, and is loyal to it.</summary>
    public void Heard(NodeId leader)
    {
        _elapsed = _sinceHeard = 0;
        HeardFrom = leader;
    }

    /// <summary>Starts to wait again, as long as before.</summary>
    public void Restart() => _elapsed = 0;

    /// <summary>Starts to wait again, with a timeout newly drawn.</summary>
    /// <param name="self">The node that waits.</param>
    /// <param name="configuration">Where its priority stands.</param>
    /// <param name="leader">The leader that it would follow up: its priority does not count.</param>
    public void Redraw(NodeId self, Configuration configuration, NodeId leader)
    {
        _elapsed = 0;
        int ranks = 0;
        int priority = configuration.Find(self)?.Priority ?? 0;
        foreach (Member member in configuration.Members)
        {
            if (member.Kind == MemberKind.Voter && member.Priority > priority && member.Id != leader)
                ranks++;
        }
        int least = electionTimeoutTicks * (1 + Math.Min(ranks, RanksMax));
        _timeout = least + random.Below(electionTimeoutTicks);
    }
}
