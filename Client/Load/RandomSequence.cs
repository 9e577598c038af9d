namespace Chorus.Client.Load;

/// <summary>
/// Numbers that depend on the seed and the caller alone (SplitMix64), the same on every machine and runtime.
/// </summary>
internal struct RandomSequence(ulong seed, int caller)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = Mix(seed + ((ulong)(caller + 1) * Golden));

    public ulong Next() => Mix(_state += Golden);

    /// <summary>A number in [0, below).</summary>
    public long NextBelow(long below) => (long)Math.BigMul(Next(), (ulong)below, out _);

    /// <summary>A number in [0, 1).</summary>
    public double NextShare() => (Next() >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
