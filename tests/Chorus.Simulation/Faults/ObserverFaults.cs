using Chorus.Simulation.Network;
using Chorus.Simulation.Nodes;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Faults;

/// <summary>What befalls those who follow the log, their sources and what lies between.</summary>
/// <param name="cluster">Whom it befalls.</param>
/// <param name="random">Chance.</param>
/// <param name="disks">Disks that fail.</param>
/// <param name="isOver">Whether faults are off.</param>
internal sealed class ObserverFaults(Cluster cluster, SeededRandom random, DiskFaults disks, Func<bool> isOver)
{
    // Feeds and their followers count in seconds, whatever the cluster's own timeouts are.
    private const double FollowMicros = 1_000_000;

    private readonly Surroundings _around = cluster.Around;

    private readonly List<Liar> _liars = [];

    /// <summary>Messages that were changed on their way.</summary>
    public long Lies => _liars.Sum(liar => liar.Told);

    private FeedRules Feed => _around.Network.Feed;

    /// <summary>Strikes, unless nobody follows.</summary>
    public void Strike(FaultKind kind)
    {
        if (cluster.Observers.Count == 0)
            return;
        SimulatedObserver victim = random.Pick(cluster.Observers);
        switch (kind)
        {
            case FaultKind.FeedLoss:
                Feed.Loss = random.Pick([0.05, 0.3, 1.0]);
                Feed.HighWaterMark = random.Pick([1, 4, 512]);
                Feed.LosesBatches = random.Chance(0.3);
                Until(FollowMicros, () => (Feed.Loss, Feed.HighWaterMark, Feed.LosesBatches) = (0, 512, false));
                break;
            case FaultKind.Lies:
                Feed.Liar = new Liar(random.Pick([0.02, 0.2, 0.7]));
                _liars.Add(Feed.Liar);
                Until(FollowMicros, () => Feed.Liar = null);
                break;
            case FaultKind.Source:
                if (cluster.Find(SourceOf(victim)) is { } source)
                    StrikeSource(victim, source);
                break;
            default:
                StrikeObserver(victim);
                break;
        }
    }

    /// <summary>Everything is made good.</summary>
    public void Stop() => (Feed.Loss, Feed.HighWaterMark, Feed.LosesBatches, Feed.Liar) = (0, 512, false, null);

    private static string SourceOf(SimulatedObserver observer) =>
        observer.Source is { } address ? SimulatedNetwork.MachineOf(address) : "";

    private void StrikeSource(SimulatedObserver observer, Machine source)
    {
        switch (random.Next(4))
        {
            case 0:
                source.Kill();
                Restart(source);
                break;
            case 1:
                source.Pause(Some(FollowMicros));
                break;
            default:
                CutOff(observer.Name, source.Name);
                break;
        }
    }

    private void StrikeObserver(SimulatedObserver observer)
    {
        switch (random.Next(9))
        {
            case 0:
                observer.Kill();
                Restart(observer);
                break;
            case 1 or 2:
                observer.LosePower();
                Restart(observer);
                break;
            case 3:
                observer.Storage.DieAtOperation(random.Between(1, 12));
                break;
            case 4:
                observer.Pause(Some(FollowMicros));
                break;
            case 5 or 6 or 7:
                Isolate(observer);
                break;
            default:
                disks.Strike(
                    random.Pick([FaultKind.SlowDisk, FaultKind.HungDisk, FaultKind.FailingSync, FaultKind.FullDisk]),
                    observer, Some(FollowMicros));
                break;
        }
    }

    // Long enough to fall behind by more than a logger keeps.
    private void Isolate(SimulatedObserver observer)
    {
        foreach (string machine in cluster.Machines.Where(machine => machine != observer.Name))
            Separate(observer.Name, machine);
        _around.Events.After(Some(2 * FollowMicros), _around.Network.HealAll);
    }

    private void CutOff(string one, string other)
    {
        Separate(one, other);
        _around.Events.After(Some(FollowMicros), _around.Network.HealAll);
    }

    private void Separate(string one, string other)
    {
        _around.Network.Block(one, other);
        _around.Network.Block(other, one);
    }

    private void Until(double mean, Action restore) => _around.Events.After(Some(mean), () =>
    {
        if (!isOver())
            restore();
    });

    private void Restart(Machine machine) =>
        _around.Events.After(random.Chance(0.5) ? Some(2_000) : Some(FollowMicros), machine.Start);

    private long Some(double mean) => 1_000 + random.Exponential(mean);
}
