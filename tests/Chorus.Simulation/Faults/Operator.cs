using Chorus.Common.Protocol;
using Chorus.Raft;
using Chorus.Simulation.Nodes;
using Chorus.Simulation.World;
using Action = Chorus.Common.Protocol.MemberChange.Types.Action;
using Kind = Chorus.Common.Protocol.Member.Types.Kind;
using Member = Chorus.Raft.Member;

namespace Chorus.Simulation.Faults;

/// <summary>
/// The person who adds, removes and replaces members, one thing after the other, by the real protocols and not always
/// at the best moment.
/// </summary>
internal sealed class Operator
{
    /// <summary>The machine that the operator sits at.</summary>
    public const string Machine = "op";

    private readonly Cluster _cluster;
    private readonly Surroundings _around;
    private readonly SeededRandom _random;
    private readonly AdminDesk _desk;

    public Operator(Cluster cluster)
    {
        (_cluster, _around) = (cluster, cluster.Around);
        _random = _around.Random.Fork();
        _desk = new AdminDesk(cluster, _random.Fork());
    }

    /// <summary>Whether nothing is under way.</summary>
    public bool IsIdle { get; private set; } = true;

    /// <summary>Changes of the members that were carried through.</summary>
    public int Changes { get; private set; }

    /// <summary>Changes of several members at once that were carried through.</summary>
    public int Several { get; private set; }

    /// <summary>Transfers of the leadership that somebody said were done.</summary>
    public int Transfers { get; private set; }

    /// <summary>
    /// Has another node lead, also beside whatever is under way; and sometimes does not wait for it before the old
    /// leader is stopped.
    /// </summary>
    public void HandOver()
    {
        string target = _random.Chance(0.5) ? "" : _random.Pick(_cluster.Nodes).Name;
        SimulatedNode? leader = _cluster.Leader;
        _desk.HandOver(target, () => Transfers++);
        if (leader is null || !_random.Chance(0.2))
            return;
        _around.Events.After(_random.Exponential(_around.Plan.ElectionMicros * 0.2), () =>
        {
            leader.Kill();
            _around.Events.After(_random.Exponential(_around.Plan.ElectionMicros), leader.Start);
        });
    }

    /// <summary>Lets the first node's cluster grow to its size.</summary>
    public void AddAll(IReadOnlyList<SimulatedNode> nodes)
    {
        if (nodes.Count == 0)
            return;
        IsIdle = false;
        AddNext(0);

        void AddNext(int i)
        {
            if (i == nodes.Count)
                Finish();
            else
                Add(nodes[i], () => AddNext(i + 1));
        }
    }

    /// <summary>Adds, removes or replaces a member, unless something is under way.</summary>
    public void DoSomething()
    {
        if (!IsIdle || _cluster.Leader is not { } leader)
            return;
        Configuration members = leader.Process!.Replica.Node.Configuration;
        SimulatedNode node = _cluster.Nodes.FirstOrDefault(other => other.IsCorrupt) ?? _random.Pick(_cluster.Nodes);
        Member? member = members.Find(new NodeId(node.Name));
        if (_random.Chance(0.4) && !_cluster.Nodes.Any(other => other.IsCorrupt || other.HasFlippedBits))
            Begin(() => ChangeSeveral(members));
        else if (member is null)
            Begin(() => Add(node, Finish));
        else if (node.IsCorrupt || (MayReplace(leader, node) && _random.Chance(0.5)))
            Begin(() => Replace(node));
        else if ((member.Kind != MemberKind.Voter || members.Voters.Count > 2)
            && !_cluster.Nodes.Any(other => other.HasFlippedBits))
            Begin(() => Remove(node, () => Retire(node)));
    }

    /// <summary>In the end: whoever runs is to be a member, and whoever found its data damaged is replaced.</summary>
    /// <returns>Whether there was nothing to do.</returns>
    public bool Tidy()
    {
        if (!IsIdle || _cluster.Leader is not { } leader)
            return false;
        Configuration members = leader.Process!.Replica.Node.Configuration;
        foreach (SimulatedNode node in _cluster.Nodes)
        {
            Member? member = members.Find(new NodeId(node.Name));
            if (node.IsCorrupt)
                Begin(() => Replace(node));
            else if (member is null && !node.IsRetired)
                Begin(() => Add(node, Finish));
            else if (member is not null && node.IsRetired)
                Begin(() => Remove(node, Finish));
            else if (member is { IsHeld: true })
                Begin(() => _desk.Change([Of(Action.Promote, node)], _ => Finish()));
            else
                continue;
            return false;
        }
        return true;
    }

    /// <summary>Has a node lose its data as soon as the cluster can do without it.</summary>
    public void LoseFounder() => _around.Events.After(_around.Plan.TickMicros, () =>
    {
        SimulatedNode node = _random.Pick(_cluster.Nodes);
        if (MayLose(node))
            Begin(() => Replace(node));
        else if (_around.Events.Now < _around.Plan.DurationMicros / 4)
            LoseFounder();
    });

    /// <summary>Whether the cluster can do without a node's data.</summary>
    public bool MayLose(SimulatedNode node) =>
        IsIdle && _cluster.Leader is { } leader && leader != node && MayReplace(leader, node);

    // A wiped data directory is only lost for good when the leader knows the old one by its incarnation; one at a time.
    // While others are not known by theirs, an election may need all founders, the lost one among them (decision 0019).
    private bool MayReplace(SimulatedNode leader, SimulatedNode node)
    {
        RaftNode core = leader.Process!.Replica.Node;
        Configuration members = core.ConfigurationAt(core.Commit).Configuration;
        return !members.IsJoint && members.Voters.Count >= 3
            && members.Find(new NodeId(node.Name))?.Incarnation == node.Incarnation && !node.IsLeader
            && members.Voters.All(id => members.Find(id)!.Incarnation != 0)
            && !_cluster.Nodes.Any(other => other != node && other.HasFlippedBits);
    }

    private void Begin(System.Action task)
    {
        IsIdle = false;
        task();
    }

    private void Finish()
    {
        Changes++;
        IsIdle = true;
    }

    private void Add(SimulatedNode node, System.Action then)
    {
        if (node.Process is null && node.IsRetired)
            node.Wipe();
        _around.Trace.Add(node.Name, "is to join");
        _desk.Join(node, Kind.Learner, _ =>
        {
            node.Bootstrap = node.Process is null ? null : node.Bootstrap;
            node.IsRetired = false;
            node.Start();
            then();
        });
    }

    private void Remove(SimulatedNode node, System.Action then)
    {
        _around.Trace.Add(node.Name, "is to leave");
        _desk.Remove(node, then);
    }

    // Voters are demoted, learners promoted, and some leave, all in one step: the way of joint configurations.
    private void ChangeSeveral(Configuration members)
    {
        List<MemberChange> changes = [];
        List<SimulatedNode> leaving = [];
        foreach (SimulatedNode node in _cluster.Nodes.Where(_ => _random.Chance(0.6)))
        {
            if (members.Find(new NodeId(node.Name)) is not { } member)
                continue;
            bool leaves = _random.Chance(0.15) && !node.IsLeader && members.Voters.Count > 2;
            changes.Add(Of(leaves ? Action.Remove
                : member.Kind == MemberKind.Voter ? Action.Demote : Action.Promote, node));
            if (leaves)
                leaving.Add(node);
        }
        if (changes.Count == 0)
        {
            IsIdle = true;
            return;
        }
        _around.Trace.Add("", "several members change", (ulong)changes.Count);
        _desk.Change(changes, code =>
        {
            foreach (SimulatedNode node in leaving.Where(_ => code is Code.Ok or Code.NotFound))
            {
                node.IsRetired = true;
                node.Kill();
            }
            Several += code == Code.Ok ? 1 : 0;
            Finish();
        });
    }

    private static MemberChange Of(Action action, SimulatedNode node) => new() { Action = action, Id = node.Name };

    // It learns of its removal from nobody, and bothers the others for a while.
    private void Retire(SimulatedNode node) => _around.Events.After(_random.Exponential(500_000), () =>
    {
        node.IsRetired = true;
        node.Kill();
        Finish();
    });

    private void Replace(SimulatedNode node)
    {
        _around.Trace.Add(node.Name, "loses its data");
        node.Kill();
        node.Wipe();
        if (_random.Chance(0.7))
            node.Start();
        _around.Events.After(_random.Exponential(700_000), () =>
        {
            if (_random.Chance(0.5))
                OpenSeat(node);
            else
                Remove(node, () => Rejoin(node));
        });
    }

    // One command lets the new data directory take the old one's place, which may have shown up before that and been
    // refused.
    private void OpenSeat(SimulatedNode node) => _desk.Change(
        [Of(Action.Replace, node)],
        code =>
        {
            if (code == Code.Ok)
                Add(node, Finish);
            else
                Remove(node, () => Rejoin(node));
        });

    private void Rejoin(SimulatedNode node)
    {
        node.IsRetired = true;
        node.Kill();
        Add(node, Finish);
    }
}
