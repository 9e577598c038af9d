namespace Chorus.Raft;

/// <summary>The leader's view of one other member.</summary>
/// <remarks>
/// With Last the leader's last index, after every call:
/// <code>
/// 0 ≤ Match &lt; Next ≤ Last + 1
/// Probe:      no message is in the window; at most one is outstanding, and Next does not move when it is
/// sent Replicate:  Next = Match + 1 + entries on their way;  Window.Count = 0 when Next = Match + 1
/// </code>
/// Match rises within a leadership, except that it falls when the member denies an entry that it had
/// acknowledged: it has lost part of its log (trap 8). What was committed by its word stays committed; it is
/// only not counted again.
/// </remarks>
internal sealed class Progress(NodeId id, LogIndex next, ulong now)
{
    private ulong _trickleSince;
    private long _trickled;

    /// <summary>The member.</summary>
    public NodeId Id { get; } = id;

    /// <summary>Incarnation seen at first contact within this leadership; 0 before it.</summary>
    public ulong Incarnation { get; private set; }

    /// <summary>Last index known to be durable there and equal to the leader's log.</summary>
    public LogIndex Match { get; private set; }

    /// <summary>Next index to send.</summary>
    public LogIndex Next { get; private set; } = next;

    /// <summary>How entries are sent.</summary>
    public ProgressState State { get; private set; } = ProgressState.Probe;

    /// <summary>What is on its way, while replicating.</summary>
    public InflightWindow Window { get; } = new();

    /// <summary>Whether a probe is on its way.</summary>
    public bool ProbeOutstanding { get; private set; }

    /// <summary>
    /// Whether the outstanding probe was lost, as it seems: the next one carries no entries.
    /// </summary>
    public bool ProbeRetried { get; private set; }

    /// <summary>Tick of the last answer, or of the start of the leadership.</summary>
    public ulong AnsweredAt { get; private set; } = now;

    /// <summary>Whether it has answered in this leadership.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>Highest heartbeat round answered.</summary>
    public ulong Round { get; private set; }

    /// <summary>How many of the others had answered that round before: 0 for the first.</summary>
    public int RoundPlace { get; private set; }

    /// <summary>Tick of the last sign that sent entries arrive.</summary>
    public ulong AdvancedAt { get; private set; } = now;

    /// <summary>Last index that it claimed to hold in answer to a heartbeat, durable or not.</summary>
    public LogIndex Claimed { get; private set; }

    /// <summary>Commit index that it has been told.</summary>
    public LogIndex CommitTold { get; set; }

    /// <summary>Incarnation that the configuration names; 0 while it names none.</summary>
    public ulong Pinned { get; set; }

    /// <summary>Whether it counts for the quorum; of a joint configuration for that of its target.</summary>
    public bool IsVoter { get; set; }

    /// <summary>Whether it counts for the quorum of the half that a joint configuration leaves behind.</summary>
    public bool IsPreviousVoter { get; set; }

    /// <summary>
    /// Whether everything seems to have arrived but an acknowledgement is missing: an empty message asks for
    /// it.
    /// </summary>
    public bool AcknowledgementWanted { get; set; }

    /// <summary>
    /// Bytes that may be read from the disk for it now: none while a message is on its way, and so many in an interval.
    /// </summary>
    public long TrickleRoom(ulong now, ulong intervalTicks, long bytesMax)
    {
        if (Window.Count > 0)
            return 0;
        if (now - _trickleSince >= intervalTicks)
        {
            _trickleSince = now;
            _trickled = 0;
        }
        return bytesMax - _trickled;
    }

    /// <summary>Entries read from the disk leave.</summary>
    public void Trickled(long bytes) => _trickled += bytes;

    /// <summary>Whether this is what is known of the very member that a configuration names.</summary>
    public bool Is(Member member) =>
        Pinned == member.Incarnation
        || (Pinned == 0 && (Incarnation == 0 || Incarnation == member.Incarnation));

    /// <summary>Notes that it has answered.</summary>
    public void NoteAnswer(ulong incarnation, ulong now)
    {
        Incarnation = incarnation;
        AnsweredAt = now;
        HasAnswered = true;
    }

    /// <summary>
    /// Notes the answer to a heartbeat round. An answer that was overtaken by a later one tells nothing new.
    /// </summary>
    /// <param name="round">The round.</param>
    /// <param name="place">How many of the others had answered it before.</param>
    /// <param name="claimed">The last index that the member holds.</param>
    /// <param name="now">The present tick.</param>
    /// <returns>Whether it is the newest.</returns>
    public bool NoteRound(ulong round, int place, LogIndex claimed, ulong now)
    {
        if (round < Round)
            return false;
        if (round > Round)
            RoundPlace = place;
        Round = round;
        if (claimed > Claimed)
            AdvancedAt = now;
        Claimed = claimed;
        return true;
    }

    /// <summary>An acknowledgement seems lost: the next message asks for it again.</summary>
    public void AskForAcknowledgement(ulong now)
    {
        AcknowledgementWanted = true;
        AdvancedAt = now;
    }

    /// <summary>A message with entries <c>[Next, until)</c> leaves, while replicating.</summary>
    public void SentEntries(LogIndex until, long bytes, ulong now)
    {
        Check.That(State == ProgressState.Replicate && until > Next, "entries stream only while replicating");
        if (Next == Match.Next)
            AdvancedAt = now;
        Next = until;
        Window.Add(until.Previous, bytes);
    }

    /// <summary>A probe leaves.</summary>
    public void SentProbe(ulong now)
    {
        Check.That(State == ProgressState.Probe && !ProbeOutstanding, "one probe at a time");
        ProbeOutstanding = true;
        AdvancedAt = now;
    }

    /// <summary>The probe seems lost: the next one may leave, without entries.</summary>
    public void RetryProbe()
    {
        ProbeOutstanding = false;
        ProbeRetried = true;
    }

    /// <summary>An acknowledgement arrived.</summary>
    /// <param name="match">What it acknowledges; at most the leader's last index.</param>
    /// <param name="now">The present tick.</param>
    /// <returns>Whether <see cref="Match"/> rose.</returns>
    public bool Accepted(LogIndex match, ulong now)
    {
        bool rose = match > Match;
        if (rose)
        {
            Match = match;
            AdvancedAt = now;
            Window.Acknowledge(match);
        }
        // Only the answer to the probe ends probing: by an older one a whole window would leave for each message that
        // comes out of order, and be refused again.
        if (State == ProgressState.Probe && match >= Next.Previous)
            Enter(ProgressState.Replicate);
        Next = LogIndex.Max(Next, Match.Next);
        CheckInvariants();
        return rose;
    }

    /// <summary>
    /// It refused a message, or has lost one: looks for the common entry again, from <paramref name="next"/>
    /// on.
    /// </summary>
    public void Backtrack(LogIndex next, ulong now)
    {
        Check.That(next > LogIndex.Zero && next <= Next, "backtracking goes back");
        ProbeFrom(next, now);
    }

    /// <summary>
    /// Looks for the common entry from an index on, wherever the search was: back, or forward where entries were cut
    /// off.
    /// </summary>
    public void ProbeFrom(LogIndex next, ulong now)
    {
        Next = next;
        Match = LogIndex.Min(Match, next.Previous);
        AdvancedAt = now;
        Enter(ProgressState.Probe);
        CheckInvariants();
    }

    private void Enter(ProgressState state)
    {
        State = state;
        Window.Clear();
        ProbeOutstanding = false;
        ProbeRetried = false;
    }

    private void CheckInvariants()
    {
        Check.That(Match < Next, "what is acknowledged is not sent again");
        Check.That(State == ProgressState.Replicate || Window.Count == 0, "a probe does not stream");
        Check.That(Next > Match.Next || Window.Count == 0, "the window is empty when all is acknowledged");
    }
}
