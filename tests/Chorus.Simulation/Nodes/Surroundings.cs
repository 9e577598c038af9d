using Chorus.Simulation.Checks;
using Chorus.Simulation.Clients;
using Chorus.Simulation.Network;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>What all actors of one simulation share.</summary>
internal sealed class Surroundings
{
    public Surroundings(ulong seed, TextWriter? live)
    {
        Random = new SeededRandom(seed * 0x9E3779B97F4A7C15 + 0x1234567);
        Events = new EventQueue();
        Trace = new Trace(Events, live);
        Network = new SimulatedNetwork(Events, Random.Fork());
        Plan = new Plan(Random.Fork());
        Invariants = new Invariants(new Loyalty(Plan.PromiseMicros));
        History = new History(Events, Invariants.Committed);
        Applied = new AppliedLog(History);
    }

    public SeededRandom Random { get; }

    public EventQueue Events { get; }

    public Trace Trace { get; }

    public SimulatedNetwork Network { get; }

    public History History { get; }

    public AppliedLog Applied { get; }

    public Invariants Invariants { get; }

    public Plan Plan { get; }

    /// <summary>Whether a process is stopped in the middle of a round: one at a time.</summary>
    public bool IsStoppedInRound { get; set; }

    /// <summary>The one cluster that everybody belongs to.</summary>
    public Guid ClusterId { get; } = new("c0c0c0c0-0000-4000-8000-00000000c0c0");
}
