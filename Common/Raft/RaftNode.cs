namespace Chorus.Raft;

/// <summary>
/// One node of Raft, as a pure state machine: inputs are method calls, the output is one <see cref="Effects"/> value.
/// </summary>
/// <remarks>
/// The caller's contract, whole:
/// <code>
/// node = new RaftNode(self, incarnation, recovered, options, sizes, seed)
/// forever:
///     call any of Tick, Receive, TryPropose, TryProposeConfiguration, TryRead, LogDurable
///     effects = node.TakeEffects()            // after each Receive; after any number of other calls
///     hand HardState, TruncateFrom, [AppendFrom, AppendUntil) to the log and its disk, in this order
///     node.AddEntryMessages()                 // the entries have sizes now: their messages join effects.Messages
///     send Messages (those with AfterHardState once the hard states handed out so far are durable)
///     apply up to Commit; answer Reads when applied
///     when the disk has made a batch durable: node.LogDurable(last index and term of that batch)
/// </code>
/// Single-threaded; no call blocks.
/// </remarks>
public sealed class RaftNode
{
    /// <summary>Makes a node from what its disk held.</summary>
    /// <param name="self">This node's name.</param>
    /// <param name="incarnation">This data directory's incarnation, not 0.</param>
    /// <param name="recovered">What the disk held.</param>
    /// <param name="options">Settings; validated here.</param>
    /// <param name="sizes">Answers how many entries fit into a message.</param>
    /// <param name="seed">Seed of the randomised timeouts.</param>
    public RaftNode(
        NodeId self, ulong incarnation, RecoveredState recovered, RaftOptions options, ILogSizes sizes, ulong seed)
    {
        options.Validate();
        throw new InvariantViolationException("not built yet");
    }

    /// <summary>This node's name.</summary>
    public NodeId Self => throw new InvariantViolationException("not built yet");

    /// <summary>What the node is doing.</summary>
    public Role Role => throw new InvariantViolationException("not built yet");

    /// <summary>Current term.</summary>
    public Term Term => throw new InvariantViolationException("not built yet");

    /// <summary>Known leader of the current term, or none.</summary>
    public NodeId Leader => throw new InvariantViolationException("not built yet");

    /// <summary>Highest index known to be committed.</summary>
    public LogIndex Commit => throw new InvariantViolationException("not built yet");

    /// <summary>Last index of the log, durable or not.</summary>
    public LogIndex LastIndex => throw new InvariantViolationException("not built yet");

    /// <summary>Last index that is durable on the own disk.</summary>
    public LogIndex DurableIndex => throw new InvariantViolationException("not built yet");

    /// <summary>Configuration in force: the last one in the log, committed or not.</summary>
    public Configuration Configuration => throw new InvariantViolationException("not built yet");

    /// <summary>Index of the entry of <see cref="Configuration"/>; 0 when there is none.</summary>
    public LogIndex ConfigurationIndex => throw new InvariantViolationException("not built yet");

    /// <summary>The leader's view of the others, ordered by id; empty elsewhere.</summary>
    public IReadOnlyList<PeerStatus> Peers => throw new InvariantViolationException("not built yet");

    /// <summary>One tick of time has passed.</summary>
    public void Tick() => throw new InvariantViolationException("not built yet");

    /// <summary>A message has arrived. Take the effects before the next one.</summary>
    public void Receive(Message message) => throw new InvariantViolationException("not built yet");

    /// <summary>Proposes commands; their indexes are consecutive. False when this node cannot take them: not the leader.</summary>
    /// <param name="count">Number of commands, at least 1.</param>
    /// <param name="first">Index of the first one.</param>
    public bool TryPropose(int count, out LogIndex first) => throw new InvariantViolationException("not built yet");

    /// <summary>
    /// Proposes another configuration, which must differ from the current one by one member at most.
    /// </summary>
    public ConfigurationProposal TryProposeConfiguration(Configuration next) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>Asks for a linearizable read. False when this node does not lead.</summary>
    /// <param name="ticket">Rises by one with every read; granted or dropped in order.</param>
    public bool TryRead(out ulong ticket) => throw new InvariantViolationException("not built yet");

    /// <summary>
    /// Everything up to an entry is durable here. Ignored when the entry has been truncated meanwhile (trap 13).
    /// </summary>
    public void LogDurable(LogIndex index, Term term) => throw new InvariantViolationException("not built yet");

    /// <summary>What is to be done now. The value is reused: valid until the next call.</summary>
    public Effects TakeEffects() => throw new InvariantViolationException("not built yet");

    /// <summary>
    /// Adds the leader's <see cref="AppendRequest"/>s to the effects just taken. Called after the append: only now does
    /// the log know the sizes by which <see cref="ILogSizes.Fit"/> divides entries into messages.
    /// </summary>
    public void AddEntryMessages() => throw new InvariantViolationException("not built yet");

    /// <summary>Term of an entry of the log; 0 at index 0; null beyond the end.</summary>
    public Term? TermAt(LogIndex index) => throw new InvariantViolationException("not built yet");
}
