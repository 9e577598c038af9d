using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Cuts logs of a random run, and brings nodes the snapshots of others.</summary>
/// <param name="random">Chance.</param>
/// <param name="nodes">All nodes of the run.</param>
/// <param name="installed">Told of a node that has begun anew from a snapshot.</param>
internal sealed class RandomSnapshots(Random random, IReadOnlyList<TestNode> nodes, Action<TestNode> installed)
{
    /// <summary>Snapshots that replaced a log.</summary>
    public int InstalledTotal { get; private set; }

    /// <summary>Snapshots that a log held already, and that had no place.</summary>
    public int NotInstalledTotal { get; private set; }

    /// <summary>Cuts the log of a node, or brings it a snapshot.</summary>
    public void CutOrInstall(TestNode node)
    {
        if (random.Next(2) == 0)
        {
            ulong limit = Math.Min(node.Node.Commit.Value, node.Node.DurableIndex.Value);
            if (limit > node.Base)
                node.CutLog((ulong)random.NextInt64((long)node.Base + 1, (long)limit + 1));
            return;
        }
        TestNode source = nodes[random.Next(nodes.Count)];
        if (source.IsUp && source != node && source.Applied.Count > 0 && node.HardStateIsDurable)
            Install(node, source, random.Next(1, source.Applied.Count + 1));
    }

    /// <summary>Brings a node a snapshot of another one; its term is durable before.</summary>
    public void Install(TestNode node, TestNode source, int index)
    {
        if (node.Install(source.Applied[..index]) != SnapshotOutcome.Replaces)
        {
            NotInstalledTotal++;
            return;
        }
        InstalledTotal++;
        installed(node);
    }
}
