using Chorus.Simulation.Checks;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>
/// A machine on which an application follows the log by the library, and keeps its position with its data: nobody knows
/// it, nothing waits for it.
/// </summary>
internal sealed class SimulatedSubscriber : SimulatedObserver
{
    private readonly SeededRandom _random;
    private long _busyFrom;
    private long _busyUntil;

    public SimulatedSubscriber(Surroundings around, string name, IReadOnlyList<Machine> sources)
        : base(around, name)
    {
        _random = around.Random.Fork();
        Sources = sources;
        Store = new DeliveryWatch(name, around.Invariants.Committed, HasRoom);
    }

    /// <summary>Whom it may follow.</summary>
    public IReadOnlyList<Machine> Sources { get; }

    /// <summary>The application's data.</summary>
    public DeliveryWatch Store { get; }

    public override ulong Reached => IsRunning ? Store.Position.Index.Value : 0;

    public override string? Source => (Running as SubscriberProcess)?.Source;

    public override string Standing => (Running as SubscriberProcess)?.Standing ?? "down";

    // Busy for a moment, now and then.
    private bool HasRoom()
    {
        long now = Around.Events.Now;
        if (now >= _busyFrom)
        {
            _busyUntil = now + _random.Exponential(50_000);
            _busyFrom = _busyUntil + _random.Exponential(500_000);
        }
        return now >= _busyUntil;
    }

    protected override IMachineProcess Launch(SeededRandom random) => new SubscriberProcess(Around, this, random);
}
