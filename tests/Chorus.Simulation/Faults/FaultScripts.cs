using Chorus.Simulation.Network;
using Chorus.Simulation.Nodes;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Faults;

/// <summary>Faults in several acts: stories that chance alone would seldom write.</summary>
/// <param name="cluster">Whom they befall.</param>
/// <param name="random">Chance.</param>
/// <param name="isOver">Whether faults are off.</param>
internal sealed class FaultScripts(Cluster cluster, SeededRandom random, Func<bool> isOver)
{
    private readonly List<(string From, string To)> _held = [];

    private SimulatedNetwork Network => cluster.Around.Network;

    /// <summary>Begins a story.</summary>
    public void Play(FaultKind kind, SimulatedNode leader)
    {
        switch (kind)
        {
            case FaultKind.LeaderChurn:
                ChurnLeaders(leader);
                break;
            case FaultKind.FrozenLeader:
                Freeze(leader);
                break;
            default:
                KeepBack(leader, random.Pick(cluster.Nodes));
                break;
        }
    }

    /// <summary>Whatever is kept back arrives.</summary>
    public void Stop()
    {
        foreach ((string from, string to) in _held)
            Network.Release(from, to);
        _held.Clear();
    }

    // The old leader keeps what only it has, comes back later, and its successors meet the same end.
    private void ChurnLeaders(SimulatedNode leader)
    {
        CutOff(leader, cluster.Nodes.Where(_ => random.Chance(0.8)));
        long later = Elections(1);
        After(later, () =>
        {
            leader.Kill();
            cluster.Around.Events.After(Elections(2), leader.Start);
            Network.HealAll();
        });
        After(later + Elections(2), () =>
        {
            if (cluster.Leader is not { } successor)
                return;
            successor.Kill();
            cluster.Around.Events.After(Elections(3), successor.Start);
        });
    }

    // Clients still reach it: what they ask meanwhile waits in its sockets, and is all that it finds when it wakes.
    private void Freeze(SimulatedNode leader)
    {
        long pause = cluster.Around.Plan.ElectionMicros * 2 + Elections(1);
        leader.Pause(pause);
        CutOff(leader, cluster.Nodes);
        After(pause + Elections(0.5), Network.HealAll);
    }

    // Both are alone for a while: what the leader appends, only the other one has and acknowledges. When the others
    // have moved on and the old leader leads again, the acknowledgements of the lost entries arrive.
    private void KeepBack(SimulatedNode leader, SimulatedNode other)
    {
        if (other == leader)
            return;
        Network.Hold(other.Name, leader.Name);
        _held.Add((other.Name, leader.Name));
        if (random.Chance(0.8))
        {
            List<SimulatedNode> others = [.. cluster.Nodes.Where(node => node != leader && node != other)];
            CutOff(leader, others);
            CutOff(other, others);
        }
        long later = Elections(2);
        After(later, Network.HealAll);
        After(later += Elections(2), () =>
        {
            if (cluster.Leader is not { } successor || successor == leader || random.Chance(0.3))
                return;
            successor.Pause(Elections(4));
            other.Pause(Elections(3));
        });
        After(later + Elections(3), () => Network.Release(other.Name, leader.Name));
    }

    private void CutOff(SimulatedNode node, IEnumerable<SimulatedNode> others)
    {
        foreach (SimulatedNode other in others)
        {
            if (other == node)
                continue;
            Network.Block(node.Name, other.Name);
            Network.Block(other.Name, node.Name);
        }
    }

    private long Elections(double mean) => 1_000 + random.Exponential(cluster.Around.Plan.ElectionMicros * mean);

    private void After(long micros, Action act) => cluster.Around.Events.After(micros, () =>
    {
        if (!isOver())
            act();
    });
}
