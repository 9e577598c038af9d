using Chorus.Raft;
using Chorus.Simulation.Clients;
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
            case FaultKind.ForsakenLeader:
                Forsake(leader);
                break;
            case FaultKind.FrozenLeader:
                Freeze(leader);
                break;
            case FaultKind.Usurper:
                if (random.Chance(0.3))
                    Usurp(leader, random.Pick(cluster.Nodes));
                else
                    UsurpByTerm(leader, random.Pick(cluster.Nodes));
                break;
            case FaultKind.LateAnswers:
                if (random.Chance(0.5))
                    DelayAnswers(leader);
                else
                    DelayLeader(leader, random.Pick(cluster.Nodes));
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

    // What clients ask of it meanwhile is a suffix that nobody else has. Then they turn to the others, until those no
    // longer hold what it would need to find the place where the logs part.
    private void Forsake(SimulatedNode leader)
    {
        CutOff(leader, cluster.Nodes);
        foreach (SimulatedNode other in cluster.Nodes.Where(node => node != leader))
        {
            foreach (SimulatedClient client in cluster.Clients)
                Network.Block(client.Name, other.Name);
        }
        After(cluster.Around.Plan.ElectionMicros + Elections(1), () =>
        {
            Network.HealAll();
            CutOff(leader, cluster.Nodes);
            Until(() => HasCutBehind(cluster.Leader, leader), 6, Network.HealAll);
        });
    }

    private static bool HasCutBehind(SimulatedNode? successor, SimulatedNode node) =>
        successor is { Process: { IsUp: true } there } && successor != node && node.Process is { IsUp: true } process
        && there.Replica.Node.TermAt(process.Replica.Node.Commit) is null;

    // Clients still reach it: what they ask meanwhile waits in its sockets, and is all that it finds when it wakes.
    private void Freeze(SimulatedNode leader)
    {
        long pause = cluster.Around.Plan.ElectionMicros * 2 + Elections(1);
        if (random.Chance(0.5))
            leader.StopInRound(pause);
        else
            leader.Pause(pause);
        CutOff(leader, cluster.Nodes);
        After(pause + Elections(0.5), Network.HealAll);
    }

    // Two are alone for a while: what the old leader appends, only the other one has and acknowledges, and the
    // acknowledgements wait in a queue. The old leader finds the others again, follows, leads again; then they arrive
    // and speak of entries that it has long overwritten.
    private void KeepBack(SimulatedNode leader, SimulatedNode other)
    {
        if (other == leader)
            return;
        Network.Hold(other.Name, leader.Name);
        _held.Add((other.Name, leader.Name));
        List<SimulatedNode> others = [.. cluster.Nodes.Where(node => node != leader && node != other)];
        CutOff(leader, others);
        CutOff(other, others);
        Until(() => cluster.Leader is { } next && next != leader && next != other, 8, () =>
        {
            SimulatedNode successor = cluster.Leader!;
            Network.HealAll();
            CutOff(other, others);
            Network.Block(leader.Name, other.Name);
            Until(() => Follows(leader, successor), 4, () =>
            {
                successor.Pause(Elections(8));
                Until(() => leader.IsLeader, 8, () => LetGo(leader, other));
            });
        });
    }

    // One follower does not hear the leader and would campaign, but the others are loyal: until they restart. Clients
    // still reach the leader, which does not know yet.
    private void Usurp(SimulatedNode leader, SimulatedNode usurper)
    {
        if (usurper == leader)
            return;
        CutOff(leader, [usurper]);
        Until(() => usurper.Process is { IsUp: true, Replica.Node.Role: Role.PreCandidate }, 6, () =>
        {
            CutOff(leader, cluster.Nodes);
            foreach (SimulatedNode other in cluster.Nodes)
            {
                if (other == leader || other == usurper || !other.IsRunning)
                    continue;
                other.Kill();
                other.Start();
            }
            After(Elections(2), Network.HealAll);
        });
    }

    // The leader stands still; one campaigns with a slow disk, the others ask it, and what it answers waits. They hear
    // the leader again and promise themselves to it; then they learn of the candidate's term, and are asked for a vote.
    private void UsurpByTerm(SimulatedNode leader, SimulatedNode usurper)
    {
        List<SimulatedNode> voters = [.. cluster.Nodes.Where(node => node != leader && node != usurper)];
        if (usurper == leader || voters.Count == 0)
            return;
        long election = cluster.Around.Plan.ElectionMicros;
        leader.Pause(2 * election + Elections(0.5));
        usurper.HangDisk(3 * election);
        CutOff(leader, [usurper]);
        Until(() => Has(usurper, Role.Candidate), 6, () =>
        {
            foreach (SimulatedNode voter in voters)
            {
                Network.Hold(usurper.Name, voter.Name);
                _held.Add((usurper.Name, voter.Name));
            }
            Until(() => voters.Any(voter => Has(voter, Role.PreCandidate)), 4, () =>
                Until(() => voters.Any(voter => Obeys(voter, leader)), 4, () =>
                    After(2 * cluster.Around.Plan.TickMicros, () => LetOthersKnow(leader, usurper, voters))));
        });
    }

    private void LetOthersKnow(SimulatedNode leader, SimulatedNode usurper, List<SimulatedNode> voters)
    {
        CutOff(leader, cluster.Nodes);
        foreach (SimulatedNode voter in voters)
            Network.Release(usurper.Name, voter.Name);
        After(Elections(2), Network.HealAll);
    }

    private static bool Has(SimulatedNode node, Role role) =>
        node.Process is { IsUp: true } process && process.Replica.Node.Role == role;

    private static bool Obeys(SimulatedNode node, SimulatedNode leader) =>
        node.Process is { IsUp: true } process && process.Replica.Node.Leader.Value == leader.Name;

    // What the others answer to one round of heartbeats waits, and arrives when they have heard nothing more for long.
    private void DelayAnswers(SimulatedNode leader)
    {
        List<SimulatedNode> others = [.. cluster.Nodes.Where(node => node != leader)];
        foreach (SimulatedNode other in others)
        {
            Network.Hold(other.Name, leader.Name);
            _held.Add((other.Name, leader.Name));
        }
        Plan plan = cluster.Around.Plan;
        After(plan.TickMicros * (plan.Raft.HeartbeatTicks + 1), () =>
        {
            foreach (SimulatedNode other in others)
                Network.Block(leader.Name, other.Name);
            long wait = (long)(plan.ElectionMicros * random.NextDouble() * 0.8);
            After(wait, () =>
            {
                foreach (SimulatedNode other in others)
                    Network.Release(other.Name, leader.Name);
                After(Elections(2), Network.HealAll);
            });
        });
    }

    // What the leader says to one follower for a moment waits, and what it says next is lost; the first arrives before
    // the follower would campaign: an answer to a question that is older than much that has been asked since.
    private void DelayLeader(SimulatedNode leader, SimulatedNode follower)
    {
        if (follower == leader)
            return;
        Network.Hold(leader.Name, follower.Name);
        _held.Add((leader.Name, follower.Name));
        After(cluster.Around.Plan.TickMicros * (1 + random.Next(cluster.Around.Plan.Raft.HeartbeatTicks)), () =>
        {
            Network.Block(leader.Name, follower.Name);
            long wait = (long)(cluster.Around.Plan.ElectionMicros * (0.2 + 0.6 * random.NextDouble()));
            After(wait, () =>
            {
                Network.Release(leader.Name, follower.Name);
                After(Elections(0.3), Network.HealAll);
            });
        });
    }

    private void LetGo(SimulatedNode leader, SimulatedNode other)
    {
        After(random.Chance(0.5) ? 1 : Elections(0.5), () => Network.Release(other.Name, leader.Name));
        After(Elections(3), Network.HealAll);
    }

    private static bool Follows(SimulatedNode node, SimulatedNode leader) =>
        node.Process is { IsUp: true } process && leader.Process is { IsUp: true } other
        && process.Replica.Node.TermAt(process.Replica.Node.LastIndex) == other.Replica.Node.Term;

    /// <summary>The next act begins when something has come about, or after a time all the same.</summary>
    private void Until(Func<bool> condition, int electionsMax, Action next)
    {
        long deadline = cluster.Around.Events.Now + electionsMax * cluster.Around.Plan.ElectionMicros;
        Look();

        void Look()
        {
            if (condition())
                next();
            else if (cluster.Around.Events.Now > deadline)
                Abandon();
            else
                After(500 + cluster.Around.Plan.ElectionMicros / 20, Look);
        }
    }

    private void Abandon()
    {
        Stop();
        Network.HealAll();
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
