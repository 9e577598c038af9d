using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// The properties of Raft figure 3, checked over all nodes after every step of a random run.
/// </summary>
internal sealed class Invariants
{
    private readonly List<TestEntry> _committed = [];
    private readonly List<Term> _committedIn = [];
    private readonly Dictionary<Term, NodeId> _leaders = [];
    private readonly Dictionary<NodeId, (Term Term, LogIndex Commit)> _seen = [];
    private readonly Dictionary<(LogIndex, Term), TestEntry> _entries = [];

    /// <summary>Highest index that any node has known to be committed.</summary>
    public LogIndex Committed => new((ulong)_committed.Count);

    /// <summary>Terms in which somebody led.</summary>
    public int TermsLed => _leaders.Count;

    /// <summary>What is committed, from index 1.</summary>
    public IReadOnlyList<TestEntry> Log => _committed;

    /// <summary>Checks what can have changed by a step of one node.</summary>
    public void Check(TestNode node)
    {
        RaftNode raft = node.Node;
        if (raft.Role == Role.Leader)
            CheckLeader(node);
        bool known = _seen.TryGetValue(node.Id, out (Term Term, LogIndex Commit) before);
        for (int i = known ? (int)before.Commit.Value : 0; i < node.Applied.Count; i++)
            CheckApplied(node, i);
        if (known)
        {
            Assert.True(raft.Term >= before.Term, "the term never falls");
            Assert.True(raft.Commit >= before.Commit, "commit never falls");
        }
        _seen[node.Id] = (raft.Term, raft.Commit);
        Assert.True(raft.DurableIndex <= raft.LastIndex);
    }

    /// <summary>A crash may take back what was not durable.</summary>
    public void NoteRestart(TestNode node)
    {
        _seen.Remove(node.Id);
        Check(node);
    }

    /// <summary>
    /// Log matching: the same (index, term) is the same entry, and so is everything before it.
    /// </summary>
    public void CheckLogMatching(IReadOnlyCollection<TestNode> nodes)
    {
        foreach (TestNode node in nodes)
        {
            // Of what never became durable anywhere nothing needs to be left: the only voter of a cluster may
            // lead the same term again after a crash.
            for (int i = 0; i < node.DurableLog.Count; i++)
            {
                TestEntry entry = node.DurableLog[i];
                if (!_entries.TryAdd((new LogIndex((ulong)i + 1), entry.Term), entry))
                    Assert.Equal(_entries[(new LogIndex((ulong)i + 1), entry.Term)], entry);
            }
        }
        foreach (TestNode a in nodes)
        {
            foreach (TestNode b in nodes)
            {
                int last = Math.Min(a.Log.Count, b.Log.Count) - 1;
                while (last >= 0 && a.Log[last].Term != b.Log[last].Term)
                    last--;
                for (int i = 0; i <= last; i++)
                    Assert.Equal(a.Log[i], b.Log[i]);
            }
        }
    }

    /// <summary>
    /// Committed is durable on a majority of the voters of some configuration of the committed log.
    /// </summary>
    public void CheckDurability(IReadOnlyCollection<TestNode> nodes)
    {
        if (_committed.Count == 0)
            return;
        var configurations = nodes.SelectMany(n => n.Log)
            .Where(e => e.Configuration is not null).Select(e => e.Configuration!).Distinct().ToList();
        Assert.Contains(
            configurations, c => IsOnMajority(c, nodes) && (c.Previous is null || IsOnMajority(c.Previous, nodes)));
    }

    private bool IsOnMajority(Configuration half, IReadOnlyCollection<TestNode> nodes) =>
        2 * half.Voters.Count(v => nodes.Any(n => n.Id == v && HoldsCommitted(n))) > half.Voters.Count;

    private bool HoldsCommitted(TestNode node) =>
        node.DurableLog.Count >= _committed.Count && node.DurableLog[_committed.Count - 1] == _committed[^1];

    /// <summary>Election safety; leader completeness: Raft §5.4.3.</summary>
    private void CheckLeader(TestNode node)
    {
        Term term = node.Node.Term;
        if (_leaders.TryAdd(term, node.Id))
        {
            for (int i = 0; i < _committed.Count; i++)
            {
                if (_committedIn[i] < term)
                    Assert.Equal(_committed[i], node.Log[i]);
            }
        }
        Assert.Equal(_leaders[term], node.Id);
    }

    /// <summary>State machine safety.</summary>
    private void CheckApplied(TestNode node, int i)
    {
        if (i < _committed.Count)
        {
            Assert.Equal(_committed[i], node.Applied[i]);
            return;
        }
        _committed.Add(node.Applied[i]);
        _committedIn.Add(node.Node.Term);
    }
}
