using Chorus.Simulation.World;

namespace Chorus.Simulation.Faults;

/// <summary>Which faults a run has, and how often each strikes: a swarm test, every seed another mix.</summary>
internal sealed class FaultMix
{
    // Seeds with followers are few, and whoever follows counts in seconds: so much must happen to him.
    private const double OfFollowersShareMin = 0.4;
    private const double OfFollowersPaceMicros = 50_000;

    private readonly SortedDictionary<FaultKind, double> _meanMicros = [];

    /// <summary>Draws a mix.</summary>
    /// <param name="random">Chance.</param>
    /// <param name="electionMicros">What a cluster needs to recover: the measure of how often faults strike.</param>
    /// <param name="withBitFlips">Whether bits flip on disks.</param>
    /// <param name="isFollowed">Whether somebody follows the log.</param>
    public FaultMix(SeededRandom random, long electionMicros, bool withBitFlips, bool isFollowed)
    {
        double share = random.Pick([0.15, 0.3, 0.5, 0.7]);
        double pace = random.Pick([0.5, 1.0, 1.0, 2.0]) * electionMicros;
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            bool ofFollowers = kind is >= FaultKind.FeedLoss and <= FaultKind.ObserverMembership;
            bool isOn = random.Chance(ofFollowers ? Math.Max(share, OfFollowersShareMin) : share);
            double mean = random.Pick([15.0, 40, 120]) * (ofFollowers ? OfFollowersPaceMicros : pace);
            if (kind == FaultKind.BitFlip)
                isOn = withBitFlips;
            if (isOn && (isFollowed || !ofFollowers))
                _meanMicros[kind] = mean;
        }
    }

    /// <summary>The faults of this run with the mean time between two of a kind.</summary>
    public IEnumerable<KeyValuePair<FaultKind, double>> All => _meanMicros;

    public override string ToString() =>
        _meanMicros.Count == 0 ? "no faults" : string.Join(", ", _meanMicros.Keys);
}
