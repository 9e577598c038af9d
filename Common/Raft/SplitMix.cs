namespace Chorus.Raft;

/// <summary>
/// SplitMix64: a small generator with one word of state, so that a run can be replayed from its seed.
/// </summary>
/// <remarks>
/// Not for secrets. Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014.
/// </remarks>
internal sealed class SplitMix(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number in <c>[0, limit)</c>.</summary>
    /// <param name="limit">
    /// At least 1. The bias of the remainder, below limit / 2^64, does not matter here.
    /// </param>
    public int Below(int limit)
    {
        Check.That(limit > 0, "a random number was asked for from an empty range");
        return (int)(Next() % (ulong)limit);
    }
}
