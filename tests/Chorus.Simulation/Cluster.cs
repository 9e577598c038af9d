using Chorus.Raft;
using Chorus.Simulation.Clients;
using Chorus.Simulation.Faults;
using Chorus.Simulation.Nodes;
using Chorus.Simulation.World;

namespace Chorus.Simulation;

/// <summary>
/// All machines of a simulation: those of the cluster, those that may still join it, and the clients.
/// </summary>
internal sealed class Cluster
{
    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<SimulatedLogger> _loggers = [];
    private readonly List<SimulatedSubscriber> _subscribers = [];
    private readonly List<SimulatedClient> _clients = [];

    public Cluster(Surroundings around)
    {
        Around = around;
        int machines = around.Plan.Voters + 2;
        for (int i = 1; i <= machines; i++)
            _nodes.Add(new SimulatedNode(around, $"n{i}") { IsRetired = i > around.Plan.Voters });
        List<string> addresses = [.. _nodes.Select(node => node.ClientAddress)];
        for (int i = 1; i <= around.Plan.Workload.Clients; i++)
        {
            _clients.Add(new SimulatedClient(
                $"c{i}", around.Events, around.Random.Fork(), around.Network, around.History, around.Plan.Workload,
                addresses));
        }
        for (int i = 1; i <= around.Plan.Following.Loggers; i++)
        {
            string upstream = i > 1 && around.Plan.Following.IsTree ? $"o{i - 1}" : "";
            _loggers.Add(new SimulatedLogger(around, $"o{i}")
            {
                IsRetired = true,
                Upstream = upstream,
                KeepBytes = around.Plan.Following.KeepBytes,
            });
        }
        for (int i = 1; i <= around.Plan.Following.Subscribers; i++)
            _subscribers.Add(new SimulatedSubscriber(around, $"s{i}", [.. _nodes, .. _loggers]));
        Observers = [.. _loggers, .. _subscribers];
        All = [.. _nodes, .. Observers];
        Machines =
            [.. All.Select(machine => machine.Name), .. _clients.Select(client => client.Name), Operator.Machine];
    }

    public Surroundings Around { get; }

    /// <summary>All machines on which a replica may run, in a fixed order.</summary>
    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>Everybody who follows the log: loggers and applications.</summary>
    public IReadOnlyList<SimulatedObserver> Observers { get; }

    /// <summary>All machines but those of clients.</summary>
    public IReadOnlyList<Machine> All { get; }

    /// <summary>Machines on which a logger may run.</summary>
    public IReadOnlyList<SimulatedLogger> Loggers => _loggers;

    public IReadOnlyList<SimulatedClient> Clients => _clients;

    /// <summary>Names of all machines, clients included.</summary>
    public IReadOnlyList<string> Machines { get; }

    /// <summary>The leader of the highest term; null when nobody leads.</summary>
    public SimulatedNode? Leader => _nodes
        .Where(node => node.Process is { IsUp: true } && node.IsLeader)
        .OrderByDescending(node => node.Process!.Replica.Node.Term)
        .FirstOrDefault();

    public bool IsClient(string machine) => Find(machine) is null;

    /// <summary>The machine of a name; null when it is a client's or nobody's.</summary>
    public Machine? Find(string name) => All.FirstOrDefault(machine => machine.Name == name);

    public SimulatedNode NodeOf(string name) => _nodes.Single(node => node.Name == name);

    /// <summary>Starts those that begin the cluster.</summary>
    /// <returns>Those that are to join it.</returns>
    public IReadOnlyList<SimulatedNode> Begin()
    {
        int founders = Around.Plan.StartsFixed ? Around.Plan.Voters : 1;
        IEnumerable<Member> voters = _nodes.Take(founders).Select(node =>
            node.AsMember(MemberKind.Voter, Around.Plan.StartsFixed ? 0 : node.Incarnation));
        IEnumerable<Member> observers = Enumerable.Range(1, Around.Plan.SilentObservers).Select(i =>
            new Member(new NodeId($"silent{i}"), (ulong)i, MemberKind.Observer, $"silent{i}:12000", ""));
        Configuration first = new([.. voters, .. observers]);
        foreach (SimulatedNode node in _nodes.Take(founders))
        {
            node.Bootstrap = first;
            node.Start();
        }
        foreach (SimulatedSubscriber subscriber in _subscribers)
            subscriber.Start();
        foreach (SimulatedClient client in _clients)
            client.Think();
        return [.. _nodes.Take(Around.Plan.Voters).Skip(founders)];
    }

    /// <summary>A node to be struck: the leader more often than others.</summary>
    public SimulatedNode SomeNode(SeededRandom random)
    {
        SimulatedNode chosen = _nodes[random.Next(_nodes.Count)];
        return random.Chance(0.4) && Leader is { } leader ? leader : chosen;
    }
}
