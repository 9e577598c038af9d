using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// A cluster under everything that may happen to it, drawn from a seed: loss, duplication, reordering, cuts,
/// slow disks, crashes that lose what was not durable, changes of members. The pure core alone; no clock but
/// ticks.
/// </summary>
internal sealed class RandomRun
{
    private readonly Random _random;
    private readonly RaftOptions _options;
    private readonly List<TestNode> _nodes = [];
    private readonly List<(Message Message, IReadOnlyList<TestEntry> Entries)> _network = [];
    private readonly List<(Message Message, IReadOnlyList<TestEntry> Entries)> _late = [];
    private readonly HashSet<(NodeId, NodeId)> _cut = [];
    private readonly Dictionary<(NodeId, ReadKind, ulong), LogIndex> _readsAsked = [];
    private readonly Configuration _start;
    private ulong _value;
    private double _loss;
    private bool _reorders;
    private int _tickShare;
    private int _deliverShare;
    private int _crashShare;
    private int _fetchShare;
    private int _snapshotShare;
    private NodeId _wiped = NodeId.None;

    public RandomRun(int seed)
    {
        _random = new Random(seed);
        Snapshots = new RandomSnapshots(_random, _nodes, Installed);
        _options = new RaftOptions
        {
            ElectionTimeoutTicks = 10,
            HeartbeatTicks = 2,
            DiskStallTicks = 40,
            WindowEntries = _random.Next(1, 40),
            WindowBytes = 2000,
            MessageBytes = _random.Next(1, 6) * TestNode.EntryBytes,
            PromotionLagEntries = 5,
            TrickleBytes = _random.Next(1, 20) * TestNode.EntryBytes,
        };
        int voters = _random.Next(1, 6);
        bool pinned = _random.Next(2) == 0;
        _start = new Configuration(Enumerable.Range(0, voters).Select(i => TestCluster.MemberOf(
            TestCluster.Name(i), pinned ? TestCluster.Pin(i) : 0, priority: (byte)_random.Next(0, 3))));
        for (int i = 0; i < voters; i++)
            Add(i, [new TestEntry(new Term(1), 0, _start)]);
        // Two more that nobody knows yet: they join as learners.
        for (int i = voters; i < voters + 2; i++)
            Add(i, []);
    }

    public Invariants Invariants { get; } = new();

    /// <summary>Entries that nodes have fetched.</summary>
    public int FetchedTotal { get; private set; }

    /// <summary>Joint configurations that began.</summary>
    public int Joint { get; private set; }

    /// <summary>Logs that are cut, and snapshots that replace them.</summary>
    public RandomSnapshots Snapshots { get; }

    /// <summary>Fetched entries that had no place.</summary>
    public int FetchesRefused { get; private set; }

    public void Run(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            if (step % 200 == 0)
                DrawWeather();
            Step();
            if (step % 50 == 0)
            {
                Invariants.CheckLogMatching(_nodes);
                if (_wiped.IsNone)
                    Invariants.CheckDurability(_nodes);
            }
        }
    }

    /// <summary>
    /// Ends all faults; everybody in the last configuration must come to hold the same log and serve.
    /// </summary>
    public void Converge()
    {
        _cut.Clear();
        _loss = 0;
        _reorders = false;
        foreach (TestNode node in _nodes)
        {
            node.DiskIsPrompt = true;
            if (!node.IsUp)
                Restart(node);
            node.Flush();
            Invariants.Check(node);
        }
        for (int tick = 0; tick < 3000; tick++)
        {
            ReplaceWiped();
            foreach (TestNode node in _nodes)
            {
                node.Tick();
                Invariants.Check(node);
                if (node.Node.NeedsSnapshot && node.HardStateIsDurable && Leader is { } leader)
                    Snapshots.Install(node, leader, leader.Applied.Count);
            }
            while (_network.Count > 0)
                DeliverAt(0);
            if (tick > 200 && tick % 50 == 0 && HasConverged())
                return;
            if (tick % 100 == 0)
                Leader?.Propose(++_value);
        }
        Assert.Fail("no convergence: " + string.Join("; ", _nodes.Select(n =>
            $"{n.Id} {n.Node.Role} term {n.Node.Term} last {n.Node.LastIndex} durable {n.Node.DurableIndex} "
            + $"commit {n.Node.Commit} [{n.Node.Configuration}]")));
    }

    private TestNode? Leader =>
        _nodes.Where(n => n.IsUp && n.Node.Role == Role.Leader).MaxBy(n => n.Node.Term.Value);

    private bool HasConverged()
    {
        if (Leader is not { } leader)
            return false;
        Configuration configuration = leader.Node.Configuration;
        return !configuration.IsJoint
            && configuration.Members.All(m => m.Kind == MemberKind.Voter && m.Incarnation != 0)
            && _nodes.Where(n => configuration.Find(n.Id) is not null)
                .All(n => n.Applied.Count == leader.Log.Count && n.DurableLog.SequenceEqual(leader.Log));
    }

    private void Add(int i, List<TestEntry> log)
    {
        var node = new TestNode(
            TestCluster.Name(i), TestCluster.Pin(i), _options, (ulong)_random.NextInt64(), Send)
        {
            DiskIsPrompt = false,
            DurableState = new HardState(new Term((ulong)log.Count), NodeId.None, LogIndex.Zero),
        };
        node.DurableLog.AddRange(log);
        _nodes.Add(node);
        node.Start();
        Invariants.NoteRestart(node);
    }

    private void DrawWeather()
    {
        _loss = _random.Next(3) switch { 0 => 0, 1 => 0.05, _ => 0.3 };
        _reorders = _random.Next(2) == 0;
        if (_random.Next(3) == 0)
        {
            _network.AddRange(_late);
            _late.Clear();
        }
        if (_random.Next(20) == 0)
            Wipe();
        _tickShare = _random.Next(100, 500);
        _deliverShare = _random.Next(100, 900);
        _crashShare = _random.Next(3) == 0 ? 15 : 3;
        _fetchShare = _random.Next(2) * 150;
        _snapshotShare = _random.Next(3) * 20;
        _cut.Clear();
        int cuts = _random.Next(2, 12);
        foreach (TestNode a in _nodes)
        {
            foreach (TestNode b in _nodes)
            {
                if (_random.Next(cuts) == 0)
                    _cut.Add((a.Id, b.Id));
            }
        }
        foreach (TestNode node in _nodes)
        {
            node.DiskIsPrompt = _random.Next(3) == 0;
            node.AtHandFrom = _random.Next(2) == 0 ? (ulong)_random.Next(node.Log.Count + 1) : 0;
        }
    }

    private void Step()
    {
        TestNode node = _nodes[_random.Next(_nodes.Count)];
        int what = _random.Next(1000);
        if (_random.Next(1000) < _crashShare)
            CrashOrRestart(node);
        else if (!node.IsUp)
            return;
        else if (_random.Next(1000) < _fetchShare)
            Fetch(node);
        else if (_random.Next(1000) < _snapshotShare)
            Snapshots.CutOrInstall(node);
        else if (_random.Next(1000) < _tickShare)
            TickSome(node);
        else if (_random.Next(1000) < _deliverShare)
            DeliverSome();
        else if (what < 400)
            node.Flush();
        else if (what < 800)
            Propose(node);
        else if (what < 900)
            Read(node);
        else if (what < 940)
            ChangeMembers();
        else if (what < 950)
            node.Node.TryTransferLeadership(_random.Next(2) == 0 ? NodeId.None : _nodes[_random.Next(_nodes.Count)].Id);
        else if (node.Node.Role != Role.Leader)
            node.TickWithoutTaking(_random.Next(1, 60));
        if (node.IsUp)
        {
            node.Take();
            AfterStep(node);
        }
    }

    private void AfterStep(TestNode node)
    {
        Invariants.Check(node);
        foreach (ReadGrant grant in node.Reads)
        {
            if (_readsAsked.TryGetValue((node.Id, grant.Kind, grant.Ticket), out LogIndex committed))
                Assert.True(grant.Index >= committed, "a read sees what was committed before it was asked");
        }
        node.Reads.Clear();
    }

    private void CrashOrRestart(TestNode node)
    {
        if (!node.IsUp)
        {
            Restart(node);
            return;
        }
        node.FlushPartly(_random.Next(0, 4));
        node.Crash();
        ForgetReads(node);
    }

    private void ForgetReads(TestNode node)
    {
        foreach ((NodeId, ReadKind, ulong) read in _readsAsked.Keys.Where(k => k.Item1 == node.Id).ToList())
            _readsAsked.Remove(read);
    }

    private void Restart(TestNode node)
    {
        node.Start();
        Invariants.NoteRestart(node);
    }

    /// <summary>
    /// Once in a run a voter loses its data directory, while the others are a quorum without it.
    /// </summary>
    private void Wipe()
    {
        TestNode node = _nodes[_random.Next(_nodes.Count)];
        Configuration known = node.Node.Configuration;
        bool isKnownToAll = known.Members.All(m => _nodes.Exists(n =>
            n.Id == m.Id && n.IsUp && n.Node.ConfigurationIndex == node.Node.ConfigurationIndex
            && n.Node.Commit >= n.Node.ConfigurationIndex));
        if (!_wiped.IsNone || !isKnownToAll || known.Voters.Count < 3 || !known.IsVoter(node.Id)
            || known.Members.Any(m => m.Incarnation == 0))
            return;
        _wiped = node.Id;
        node.Crash();
        node.Wipe(node.Incarnation + 1000);
        Restart(node);
    }

    /// <summary>
    /// What an operator does: takes the wiped member out and lets the new one in as a learner.
    /// </summary>
    private void ReplaceWiped()
    {
        if (_wiped.IsNone || Leader is not { } leader)
            return;
        TestNode node = _nodes.Find(n => n.Id == _wiped)!;
        Member? member = leader.Node.Configuration.Find(_wiped);
        if (member is null || member.Incarnation != node.Incarnation)
        {
            leader.Propose(leader.Node.Configuration.With(
                TestCluster.MemberOf(_wiped.Value, node.Incarnation, MemberKind.Learner)));
        }
    }

    private void Propose(TestNode node)
    {
        ulong[] values = new ulong[_random.Next(1, 5)];
        for (int i = 0; i < values.Length; i++)
            values[i] = ++_value;
        node.Propose(values);
    }

    private void Read(TestNode node)
    {
        LogIndex committed = Invariants.Committed;
        // Asked before the effects are taken, so a grant in the same step is checked as well.
        var kind = (ReadKind)_random.Next(3);
        if (node.Node.TryRead(kind, out ulong ticket))
            _readsAsked[(node.Id, kind, ticket)] = committed;
        node.Node.ClockRead(0);
        node.Take();
    }

    private void ChangeMembers()
    {
        if (Leader is not { } node || !_wiped.IsNone)
            return;
        Configuration now = node.Node.Configuration;
        Configuration next = now.Target;
        // Several at once are what joint configurations are for.
        for (int changes = _random.Next(4); changes >= 0; changes--)
        {
            TestNode other = _nodes[_random.Next(_nodes.Count)];
            if (other == node)
                continue;
            next = next.Find(other.Id) is not { } member
                ? next.With(TestCluster.MemberOf(
                    other.Id.Value, other.Incarnation, _random.Next(3) == 0 ? MemberKind.Voter : MemberKind.Learner))
                : _random.Next(3) > 0 ? next.Without(other.Id)
                : next.With(member with
                {
                    Kind = member.Kind == MemberKind.Voter ? MemberKind.Learner : MemberKind.Voter,
                });
        }
        ConfigurationProposal answer = node.Propose(next);
        AfterStep(node);
        Joint += answer == ConfigurationProposal.Accepted && node.Node.Configuration.IsJoint ? 1 : 0;
    }

    /// <summary>
    /// Brings a node committed entries from another one, as a transfer does: what is committed and durable there, if
    /// the chain shows that it continues the node's own last entry.
    /// </summary>
    private void Fetch(TestNode node)
    {
        TestNode source = _nodes[_random.Next(_nodes.Count)];
        int limit = Math.Min(source.Applied.Count, source.DurableLog.Count);
        int from = node.Log.Count;
        if (!source.IsUp || from >= limit || !node.Log.SequenceEqual(source.Applied.Take(from)))
            return;
        int until = Math.Min(limit, from + _random.Next(1, 30));
        if (node.AppendCommitted(source.Applied[from..until]))
            FetchedTotal += until - from;
        else
            FetchesRefused++;
    }

    private void Installed(TestNode node)
    {
        ForgetReads(node);
        Invariants.NoteRestart(node);
    }

    private void TickSome(TestNode node)
    {
        for (int i = _random.Next(1, 5); i > 0; i--)
            node.Tick();
    }

    private void DeliverSome()
    {
        for (int i = _random.Next(1, 10); i > 0 && _network.Count > 0; i--)
            DeliverAt(_reorders ? _random.Next(_network.Count) : 0);
    }

    private void DeliverAt(int at)
    {
        (Message Message, IReadOnlyList<TestEntry> Entries) envelope = _network[at];
        bool again = _reorders && _random.Next(20) == 0;
        if (!again)
            _network.RemoveAt(at);
        TestNode? to = _nodes.Find(n => n.Id == envelope.Message.To);
        if (to is not { IsUp: true } || _cut.Contains((envelope.Message.From, to.Id)))
            return;
        to.Receive(envelope.Message, envelope.Entries);
        AfterStep(to);
    }

    private void Send(TestNode from, Message message, IReadOnlyList<TestEntry> entries)
    {
        if (_random.NextDouble() < _loss)
            return;
        if (_random.Next(30) == 0)
            _late.Add((message, entries));
        else if (_network.Count < 500)
            _network.Add((message, entries));
    }
}
