using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// Nodes and a network in memory. Nothing happens by itself: ticks, deliveries and disk work are asked for.
/// </summary>
internal sealed class TestCluster
{
    private readonly Dictionary<NodeId, TestNode> _nodes = [];
    private readonly Queue<Envelope> _network = new();
    private readonly HashSet<(NodeId From, NodeId To)> _cut = [];
    private readonly Dictionary<Term, NodeId> _leaders = [];

    public TestCluster(int voters, ulong seed = 1, RaftOptions? options = null, bool pinned = true)
    {
        Options = options ?? new RaftOptions();
        Seed = seed;
        Start = new Configuration(Enumerable.Range(0, voters).Select(i => MemberOf(Name(i), pinned ? Pin(i) : 0)));
        for (int i = 0; i < voters; i++)
            Add(Name(i), Pin(i), [new TestEntry(new Term(1), 0, Start)]);
    }

    public RaftOptions Options { get; }
    public ulong Seed { get; }
    public Configuration Start { get; }
    public IReadOnlyCollection<TestNode> Nodes => _nodes.Values;

    /// <summary>Decides the fate of a message; null lets everything through.</summary>
    public Func<Message, bool>? Drops { get; set; }

    /// <summary>Every message that was sent.</summary>
    public List<Message> Sent { get; } = [];

    public int OnTheWay => _network.Count;

    public TestNode this[string id] => _nodes[new NodeId(id)];

    public TestNode Leader => Nodes.Where(n => n.IsUp && n.Node.Role == Role.Leader).MaxBy(n => n.Node.Term.Value)!;

    public IEnumerable<TestNode> Followers => Nodes.Where(n => n != Leader);

    public static string Name(int i) => ((char)('a' + i)).ToString();

    public static ulong Pin(int i) => 100 + (ulong)i;

    public static Member MemberOf(
        string id, ulong incarnation, MemberKind kind = MemberKind.Voter, byte priority = Member.PriorityDefault) =>
        new(new NodeId(id), incarnation, kind, $"{id}:1", $"{id}:2", priority);

    public TestNode Add(string id, ulong incarnation, List<TestEntry> log, HardState? state = null)
    {
        var node = new TestNode(id, incarnation, Options, (Seed * 1000) + (ulong)_nodes.Count, Send);
        node.DurableLog.AddRange(log);
        node.DurableState = state ?? new HardState(
            log.Count == 0 ? Term.Zero : log[^1].Term, NodeId.None, LogIndex.Zero);
        _nodes[node.Id] = node;
        node.Start();
        return node;
    }

    public void Cut(TestNode from, TestNode to) => _cut.Add((from.Id, to.Id));

    public void Isolate(TestNode node)
    {
        foreach (TestNode other in Nodes.Where(n => n != node))
        {
            Cut(node, other);
            Cut(other, node);
        }
    }

    public void Heal() => _cut.Clear();

    /// <summary>Delivers until nothing is on its way.</summary>
    public void Deliver()
    {
        for (int i = 0; _network.TryDequeue(out Envelope? envelope); i++)
        {
            Assert.True(i < 100_000, "messages beget messages without end");
            Hand(envelope);
        }
    }

    /// <summary>One tick everywhere, then everything is delivered.</summary>
    public void Tick(int ticks = 1)
    {
        for (int i = 0; i < ticks; i++)
        {
            foreach (TestNode node in Nodes.Where(n => n.IsUp))
                node.Tick();
            Deliver();
        }
    }

    /// <summary>Ticks until a condition holds.</summary>
    public void TickUntil(Func<bool> condition, string what, int ticksMax = 2_000)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < ticksMax, $"not within {ticksMax} ticks: {what}");
            Tick();
        }
    }

    /// <summary>
    /// Ticks until somebody leads whom a majority follows and whose first entry is committed.
    /// </summary>
    public TestNode Elect()
    {
        TickUntil(
            () => Leader is { } l && l.Node.TermAt(l.Node.Commit) == l.Node.Term, "a leader that can commit");
        return Leader;
    }

    /// <summary>Has one node campaign now and win.</summary>
    public TestNode Elect(string id)
    {
        TestNode node = this[id];
        for (int i = 0; i < 10 * Options.ElectionTimeoutTicks && node.Node.Role != Role.Leader; i++)
        {
            node.Tick();
            Deliver();
        }
        Assert.Equal(Role.Leader, node.Node.Role);
        return node;
    }

    /// <summary>
    /// Whether every running node has applied the same entries, up to the leader's last one.
    /// </summary>
    public bool HasConverged() =>
        Leader is { } leader
        && Nodes.Where(n => n.IsUp && leader.Node.Configuration.Find(n.Id) is not null)
            .All(n => n.Node.Commit == leader.Node.LastIndex && n.Applied.SequenceEqual(leader.Log));

    /// <summary>Hands a message over now, out of turn.</summary>
    public void Hand(Envelope envelope)
    {
        TestNode to = _nodes[envelope.Message.To];
        if (!to.IsUp || _cut.Contains((envelope.Message.From, envelope.Message.To)))
            return;
        to.Receive(envelope.Message, envelope.Entries);
        NoteLeader(to);
    }

    /// <summary>Takes what is on its way off the network, to be handed over later, twice or never.</summary>
    public List<Envelope> TakeNetwork()
    {
        List<Envelope> all = [.. _network];
        _network.Clear();
        return all;
    }

    /// <summary>Election safety: Raft figure 3.</summary>
    public void NoteLeader(TestNode node)
    {
        if (node.Node.Role != Role.Leader)
            return;
        if (!_leaders.TryAdd(node.Node.Term, node.Id))
            Assert.Equal(_leaders[node.Node.Term], node.Id);
    }

    private void Send(TestNode from, Message message, IReadOnlyList<TestEntry> entries)
    {
        Sent.Add(message);
        if (_nodes.ContainsKey(message.To) && Drops?.Invoke(message) != true)
            _network.Enqueue(new Envelope(message, entries));
    }

    /// <summary>A message and the entries beside it.</summary>
    internal sealed record Envelope(Message Message, IReadOnlyList<TestEntry> Entries);
}
