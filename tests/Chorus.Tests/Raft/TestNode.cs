using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// A node with a log in memory, a disk that works when it is told to, and a state machine that remembers.
/// </summary>
internal sealed class TestNode : ILogSizes
{
    public const int EntryBytes = 100;

    private readonly RaftOptions _options;
    private readonly Action<TestNode, Message, IReadOnlyList<TestEntry>> _send;
    private readonly Queue<ulong> _proposed = new();
    private readonly Queue<Action> _diskWork = new();
    private readonly List<(Message Message, IReadOnlyList<TestEntry> Entries, int HardStates)> _held = [];
    private int _hardStatesQueued;
    private int _hardStatesDurable;
    private ulong _seed;

    public TestNode(
        string id, ulong incarnation, RaftOptions options, ulong seed,
        Action<TestNode, Message, IReadOnlyList<TestEntry>> send)
    {
        Id = new NodeId(id);
        Incarnation = incarnation;
        _options = options;
        _seed = seed;
        _send = send;
        Node = null!;
    }

    public NodeId Id { get; }
    public ulong Incarnation { get; private set; }
    public RaftNode Node { get; private set; }
    public bool IsUp { get; private set; }

    /// <summary>Whether the disk does its work as soon as it is asked to.</summary>
    public bool DiskIsPrompt { get; set; } = true;

    /// <summary>The log in memory; entry i stands at index i + 1.</summary>
    public List<TestEntry> Log { get; private set; } = [];

    /// <summary>What survives a crash.</summary>
    public List<TestEntry> DurableLog { get; private set; } = [];

    /// <summary>The entry that its log begins behind, for the core; what stood before is still in the lists.</summary>
    public ulong Base { get; private set; }

    /// <summary>What survives a crash.</summary>
    public HardState DurableState { get; set; } = HardState.Empty;

    /// <summary>Entries applied since the last start, from index 1.</summary>
    public List<TestEntry> Applied { get; } = [];

    public List<RaftEvent> Events { get; } = [];
    public List<ReadGrant> Reads { get; } = [];
    public int ReadsDropped { get; private set; }

    /// <summary>What the node asked the disk to do, as words; cleared by the tests.</summary>
    public List<string> DiskOrder { get; } = [];

    /// <summary>Messages that the node wanted to send, held back or not; cleared by the tests.</summary>
    public List<Outgoing> Outbox { get; } = [];

    /// <summary>Whether the disk has every hard state.</summary>
    public bool HardStateIsDurable => _hardStatesDurable == _hardStatesQueued;

    /// <summary>Messages that wait for a hard state to become durable.</summary>
    public int HeldBack => _held.Count;

    public RaftEventKind[] EventKinds => [.. Events.Select(e => e.Kind)];

    public void Start()
    {
        Log = [.. DurableLog];
        Applied.Clear();
        _proposed.Clear();
        _diskWork.Clear();
        _held.Clear();
        _hardStatesQueued = _hardStatesDurable = 0;
        var recovered = new RecoveredState(
            DurableState, RangeOf(Log, (int)Base + 1, Log.Count + 1), Node is null,
            Base == 0 ? Term.Zero : Log[(int)Base - 1].Term, Base == 0 ? null : MarkAt(Log, (int)Base));
        Node = new RaftNode(Id, Incarnation, recovered, _options, this, _seed++);
        IsUp = true;
        Take();
    }

    public void Crash()
    {
        IsUp = false;
        _diskWork.Clear();
        _held.Clear();
    }

    /// <summary>Loses the end of the durable log, as a lying disk would.</summary>
    public void LoseTail(int keep) => DurableLog = DurableLog[..keep];

    /// <summary>Loses the data directory; the next one has another incarnation.</summary>
    public void Wipe(ulong incarnation)
    {
        Base = 0;
        Incarnation = incarnation;
        DurableLog = [];
        DurableState = HardState.Empty;
    }

    public void Tick()
    {
        Node.Tick();
        Take();
    }

    /// <summary>Several ticks before the effects are taken, as after a pause of the process.</summary>
    public void TickWithoutTaking(int ticks)
    {
        for (int i = 0; i < ticks; i++)
            Node.Tick();
    }

    public bool Propose(params ulong[] values)
    {
        bool accepted = Node.TryPropose(values.Length, out LogIndex first);
        if (accepted)
        {
            Assert.Equal(Node.LastIndex.Value - (ulong)values.Length + 1, first.Value);
            foreach (ulong value in values)
                _proposed.Enqueue(value);
        }
        Take();
        return accepted;
    }

    /// <summary>Names the values of commands that a test has proposed to the node itself.</summary>
    public void ProposedByHand(IEnumerable<ulong> values)
    {
        foreach (ulong value in values)
            _proposed.Enqueue(value);
    }

    public ConfigurationProposal Propose(Configuration next)
    {
        ConfigurationProposal answer = Node.TryProposeConfiguration(next);
        Take();
        return answer;
    }

    public bool Read(out ulong ticket) => Read(ReadKind.Index, out ticket);

    public bool Read(ReadKind kind, out ulong ticket)
    {
        bool accepted = Node.TryRead(kind, out ticket);
        Take();
        return accepted;
    }

    /// <summary>Reads, then looks at the clock, as a replica does.</summary>
    public bool ReadAt(ReadKind kind, long nowMicros, out ulong ticket)
    {
        bool accepted = Node.TryRead(kind, out ticket);
        Node.ClockRead(nowMicros);
        Take();
        return accepted;
    }

    public void Receive(Message message, IReadOnlyList<TestEntry>? entries = null)
    {
        Node.Receive(message);
        Take(entries ?? []);
    }

    /// <summary>Hands over entries that are committed elsewhere.</summary>
    public bool AppendCommitted(IReadOnlyList<TestEntry> entries)
    {
        EntryRange range = RangeOf([.. Log, .. entries], Log.Count + 1, Log.Count + 1 + entries.Count);
        bool accepted = Node.TryAppendCommitted(range);
        Take(entries);
        return accepted;
    }

    /// <summary>Cuts the log off behind a snapshot, in memory and on the disk.</summary>
    public void CutLog(ulong index)
    {
        Base = index;
        Node.LogCut(new LogIndex(index));
        Take();
    }

    /// <summary>Starts again, with a snapshot that stands for all up to an index.</summary>
    public void BeginFrom(ulong index)
    {
        Crash();
        Base = index;
        Start();
    }

    /// <summary>Offers a snapshot that stands for some entries; what replaces the log does so.</summary>
    public SnapshotOutcome Install(IReadOnlyList<TestEntry> committed)
    {
        SnapshotOutcome outcome = Node.OfferSnapshot(MarkAt(committed, committed.Count));
        Take();
        if (outcome != SnapshotOutcome.Replaces)
            return outcome;
        Crash();
        DurableLog = [.. committed];
        Base = (ulong)committed.Count;
        Start();
        return outcome;
    }

    /// <summary>Hands a message over and returns the one answer of a type that it brought.</summary>
    public T Ask<T>(Message message, IReadOnlyList<TestEntry>? entries = null)
        where T : Message
    {
        Outbox.Clear();
        Receive(message, entries);
        return Assert.Single(Outbox.Select(o => o.Message).OfType<T>());
    }

    /// <summary>Does all the disk work that waits, as one batch.</summary>
    public void Flush()
    {
        if (_diskWork.Count == 0)
            return;
        while (_diskWork.TryDequeue(out Action? work))
            work();
        _hardStatesDurable = _hardStatesQueued;
        Release();
        Node.HardStateDurable(DurableState.Term);
        if (DurableLog.Count > 0)
            Node.LogDurable(new LogIndex((ulong)DurableLog.Count), DurableLog[^1].Term);
        Take();
    }

    /// <summary>
    /// Does at most so many pieces of disk work, but reports none: what a crash in the middle leaves behind.
    /// </summary>
    public void FlushPartly(int pieces)
    {
        while (pieces-- > 0 && _diskWork.TryDequeue(out Action? work))
            work();
    }

    public LogIndex Fit(LogIndex from, LogIndex until, long bytesMax, out long bytes)
    {
        Assert.True(
            from.Value > Base && from < until && until.Value <= (ulong)Log.Count + 1,
            "Fit is asked about entries of the log");
        ulong count = Math.Min(until - from, Math.Max(1, (ulong)(bytesMax / EntryBytes)));
        bytes = (long)count * EntryBytes;
        return from + count;
    }

    /// <summary>First entry that is in memory; those before it only the disk holds.</summary>
    public ulong AtHandFrom { get; set; }

    public bool IsAtHand(LogIndex from) => from.Value >= AtHandFrom;

    /// <summary>Carries out what the node wants, in the order of the contract.</summary>
    public void Take(IReadOnlyList<TestEntry>? received = null)
    {
        Effects effects = Node.TakeEffects();
        if (effects.HardState is { } state)
        {
            DiskOrder.Add("hard state");
            _hardStatesQueued++;
            _diskWork.Enqueue(() => DurableState = state);
        }
        if (effects.TruncateFrom is { } from)
        {
            DiskOrder.Add("truncate");
            Log.RemoveRange((int)from.Value - 1, Log.Count - (int)from.Value + 1);
            _diskWork.Enqueue(() => DurableLog.RemoveRange(
                (int)from.Value - 1, Math.Max(0, DurableLog.Count - (int)from.Value + 1)));
        }
        if (effects.AppendUntil > effects.AppendFrom)
        {
            DiskOrder.Add("append");
            Append(effects, received);
        }
        Node.AddEntryMessages();
        Outbox.AddRange(effects.Messages);
        foreach (Outgoing outgoing in effects.Messages)
            Dispatch(outgoing);
        Events.AddRange(effects.Events);
        Reads.AddRange(effects.Reads);
        ReadsDropped += effects.ReadsDropped ? 1 : 0;
        while ((ulong)Applied.Count < effects.Commit.Value)
            Applied.Add(Log[Applied.Count]);
        if (DiskIsPrompt && _diskWork.Count > 0)
            Flush();
    }

    /// <summary>What a snapshot of an index says to the core.</summary>
    public static SnapshotMark MarkAt(IReadOnlyList<TestEntry> log, int index)
    {
        int configured = index;
        while (configured > 0 && log[configured - 1].Configuration is null)
            configured--;
        Configuration configuration = configured == 0 ? Configuration.Empty : log[configured - 1].Configuration!;
        return new SnapshotMark(
            new LogIndex((ulong)index), log[index - 1].Term,
            new ConfigurationEntry(new LogIndex((ulong)configured), configuration));
    }

    /// <summary>Describes entries of a log, as a message or a recovery does.</summary>
    public static EntryRange RangeOf(IReadOnlyList<TestEntry> log, int from, int until)
    {
        List<TermRun> runs = [];
        List<ConfigurationEntry> configurations = [];
        for (int index = from; index < until; index++)
        {
            TestEntry entry = log[index - 1];
            if (runs.Count == 0 || runs[^1].Term != entry.Term)
                runs.Add(new TermRun(new LogIndex((ulong)index), entry.Term));
            if (entry.Configuration is not null)
                configurations.Add(new ConfigurationEntry(new LogIndex((ulong)index), entry.Configuration));
        }
        return new EntryRange(new LogIndex((ulong)from), new LogIndex((ulong)until), runs, configurations);
    }

    private void Append(Effects effects, IReadOnlyList<TestEntry>? received)
    {
        Assert.Equal((ulong)Log.Count + 1, effects.AppendFrom.Value);
        List<TestEntry> added = [];
        if (Node.Role == Role.Leader || received is null || received.Count == 0)
        {
            for (LogIndex index = effects.AppendFrom; index < effects.AppendUntil; index = index.Next)
            {
                int own = effects.OwnEntries.FindIndex(e => e.Index == index);
                added.Add(own < 0
                    ? new TestEntry(Node.Term, _proposed.Dequeue())
                    : new TestEntry(Node.Term, 0, effects.OwnEntries[own].Configuration));
            }
        }
        else
        {
            // The effects ask for a suffix of the entries of the message.
            int count = (int)(effects.AppendUntil - effects.AppendFrom);
            added.AddRange(received.Skip(received.Count - count));
        }
        Log.AddRange(added);
        _diskWork.Enqueue(() => DurableLog.AddRange(added));
    }

    private void Dispatch(Outgoing outgoing)
    {
        IReadOnlyList<TestEntry> entries = [];
        if (outgoing.Message is AppendRequest append)
            entries = Log[((int)append.Entries.From.Value - 1)..((int)append.Entries.Until.Value - 1)];
        if (outgoing.AfterHardState && _hardStatesDurable < _hardStatesQueued)
            _held.Add((outgoing.Message, entries, _hardStatesQueued));
        else
            _send(this, outgoing.Message, entries);
    }

    private void Release()
    {
        var ready = _held.Where(h => h.HardStates <= _hardStatesDurable).ToList();
        _held.RemoveAll(h => h.HardStates <= _hardStatesDurable);
        foreach (var (message, entries, _) in ready)
            _send(this, message, entries);
    }
}
