namespace Chorus.Simulation.World;

/// <summary>
/// The only source of chance in a simulation: SplitMix64, so a seed means the same run on every machine and every
/// version of the runtime.
/// </summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A generator of its own, so that one actor's draws do not shift another's.</summary>
    public SeededRandom Fork() => new(NextBits());

    /// <summary>In <c>[0, until)</c>.</summary>
    public int Next(int until) => (int)(NextBits() % (ulong)until);

    /// <summary>In <c>[from, until)</c>.</summary>
    public long Between(long from, long until) =>
        until <= from ? from : from + (long)(NextBits() % (ulong)(until - from));

    /// <summary>In <c>[0, 1)</c>.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with a probability.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>Mostly near the mean, seldom far above it: delays of networks, disks and people.</summary>
    public long Exponential(double mean) => (long)(-mean * Math.Log(1.0 - NextDouble()));

    /// <summary>One of several.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];
}
