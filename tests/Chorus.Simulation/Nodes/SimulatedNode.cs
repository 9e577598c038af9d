using Chorus.Raft;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>A machine on which a replica may run.</summary>
internal sealed class SimulatedNode(Surroundings around, string name) : Machine(around, name)
{
    /// <summary>The first configuration, when this node starts a cluster.</summary>
    public Configuration? Bootstrap { get; set; }

    /// <summary>The running process; null while there is none.</summary>
    public Process? Process => (Process?)Running;

    public bool IsLeader => Process?.Replica.Node.Role == Role.Leader;

    /// <summary>How the configuration names it.</summary>
    public Member AsMember(MemberKind kind, ulong incarnation) =>
        new(new NodeId(Name), incarnation, kind, PeerAddress, ClientAddress);

    protected override IMachineProcess Launch(SeededRandom random) => new Process(Around, this, random);
}
