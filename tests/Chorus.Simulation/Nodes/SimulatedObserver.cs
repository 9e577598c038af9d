namespace Chorus.Simulation.Nodes;

/// <summary>A machine on which somebody follows the committed log.</summary>
internal abstract class SimulatedObserver(Surroundings around, string name) : Machine(around, name)
{
    /// <summary>Last index that it has for good; 0 while no process runs.</summary>
    public abstract ulong Reached { get; }

    /// <summary>Feed address of the source that it follows; null while it follows none.</summary>
    public abstract string? Source { get; }

    /// <summary>Where it stands, for people.</summary>
    public abstract string Standing { get; }
}
