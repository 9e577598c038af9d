using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>A machine on which a replica may run.</summary>
internal sealed class SimulatedNode(Surroundings around, string name) : Machine(around, name)
{
    private Configuration _known = Configuration.Empty;

    /// <summary>The first configuration, when this node starts a cluster.</summary>
    public Configuration? Bootstrap { get; set; }

    /// <summary>The running process; null while there is none.</summary>
    public Process? Process => (Process?)Running;

    /// <summary>Where the other members serve Transfer, as the node has last seen them; survives everything.</summary>
    public IReadOnlyList<string> KnownPeers => PeersOf(_known.Members.Count > 0 ? _known : Bootstrap);

    public bool IsLeader => Process is { IsUp: true } process && process.Replica.Node.Role == Role.Leader;

    /// <summary>How the configuration names it.</summary>
    public Member AsMember(MemberKind kind, ulong incarnation) =>
        new(new NodeId(Name), incarnation, kind, PeerAddress, ClientAddress);

    /// <summary>The process has seen a configuration.</summary>
    public void Know(Configuration configuration) =>
        _known = configuration.Members.Count > 0 ? configuration : _known;

    protected override IMachineProcess Launch(SeededRandom random) => new Process(Around, this, random);

    private IReadOnlyList<string> PeersOf(Configuration? configuration) =>
    [
        .. (configuration ?? Configuration.Empty).Members
            .Where(member => member.Kind != MemberKind.Observer && member.Id.Value != Name)
            .Select(MemberAddresses.TransferOf),
    ];
}
