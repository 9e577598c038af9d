using Chorus.Raft;
using Chorus.Simulation.Checks;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>A machine on which a logger may run: an observer that makes durable what it follows.</summary>
internal sealed class SimulatedLogger(Surroundings around, string name) : SimulatedObserver(around, name)
{
    private readonly Dictionary<ulong, ObserverWatch> _watches = [];

    /// <summary>The members, as its last join named them: whom it may follow at first.</summary>
    public IReadOnlyList<Member> Welcome { get; set; } = [];

    /// <summary>Name of another logger that it follows rather than a replica; empty: none.</summary>
    public string Upstream { get; init; } = "";

    /// <summary>How much of its record it keeps; null: all of it.</summary>
    public long? KeepBytes { get; init; }

    /// <summary>The newest members that it has noted beside its record.</summary>
    public IReadOnlyList<Member> KnownMembers { get; set; } = [];

    /// <summary>The running process; null while there is none.</summary>
    public LoggerProcess? Process => (LoggerProcess?)Running;

    public override ulong Reached => Process?.Durable ?? 0;

    public override string? Source => Process?.Source;

    public override string Standing => Process?.Standing ?? "down";

    /// <summary>What is known of the present data directory.</summary>
    public ObserverWatch Watch
    {
        get
        {
            if (!_watches.TryGetValue(Incarnation, out ObserverWatch? watch))
            {
                watch = new ObserverWatch($"{Name} ({Incarnation:x})", Around.Invariants.Committed);
                _watches.Add(Incarnation, watch);
            }
            return watch;
        }
    }

    protected override IMachineProcess Launch(SeededRandom random) => new LoggerProcess(Around, this, random);
}
