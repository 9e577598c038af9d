using System.Numerics;

namespace Chorus.Client.Measure;

/// <summary>
/// Counts of durations with three significant digits from 1 µs to 60 s, in constant memory (136 KiB) and constant
/// time: the buckets of the HDR histogram. Longer durations are counted at 60 s; <see cref="MaxUs"/> stays exact.
/// Not thread-safe.
/// </summary>
internal sealed class Histogram
{
    /// <summary>Longest duration told apart.</summary>
    public const long HighestUs = 60_000_000;

    /// <summary>Linear steps in one power of two: the least power of two that is at least 2 × 10^3.</summary>
    public const int SubBuckets = 2048;

    private const int HalfBits = 10;
    private const int Half = 1 << HalfBits;

    private static readonly int Length = IndexOf(HighestUs) + 1;

    private readonly long[] _counts = new long[Length];
    private double _sum;
    private double _sumOfSquares;

    /// <summary>Number of durations.</summary>
    public long Count { get; private set; }

    /// <summary>Longest duration seen, exact; 0 when there is none.</summary>
    public long MaxUs { get; private set; }

    /// <summary>Mean; 0 when there is none.</summary>
    public double MeanUs => Count == 0 ? 0 : _sum / Count;

    /// <summary>Standard deviation; 0 when there is none.</summary>
    public double DeviationUs =>
        Count == 0 ? 0 : Math.Sqrt(Math.Max(0, (_sumOfSquares / Count) - (MeanUs * MeanUs)));

    /// <summary>Powers of two that the buckets cover.</summary>
    public static int Buckets => Length >> HalfBits;

    /// <summary>Counts one duration. Negative ones count as 0.</summary>
    public void Record(long us)
    {
        us = Math.Max(0, us);
        _counts[IndexOf(Math.Min(us, HighestUs))]++;
        Count++;
        MaxUs = Math.Max(MaxUs, us);
        _sum += us;
        _sumOfSquares += (double)us * us;
    }

    /// <summary>Adds everything that another histogram counted.</summary>
    public void Add(Histogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
        MaxUs = Math.Max(MaxUs, other.MaxUs);
        _sum += other._sum;
        _sumOfSquares += other._sumOfSquares;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        (Count, MaxUs, _sum, _sumOfSquares) = (0, 0, 0, 0);
    }

    /// <summary>The least duration that at least <paramref name="percent"/> % of all do not exceed.</summary>
    /// <param name="percent">0 to 100.</param>
    public long PercentileUs(double percent)
    {
        if (Count == 0)
            return 0;
        // The tiny subtraction undoes rounding up in the product: 99.9 % of 1000 is the 999th, not the 1000th.
        long wanted = Math.Max(1, (long)Math.Ceiling((Math.Min(percent, 100) / 100 * Count) - 1e-7));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
                return Math.Min(HighestOf(i), MaxUs);
        }
        return MaxUs;
    }

    /// <summary>Steps through the non-empty buckets: longest duration of the bucket, durations up to there.</summary>
    public IEnumerable<(long Us, long CountUpTo)> Cumulative()
    {
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] == 0)
                continue;
            seen += _counts[i];
            yield return (Math.Min(HighestOf(i), MaxUs), seen);
        }
    }

    private static int IndexOf(long us)
    {
        int bucket = 64 - BitOperations.LeadingZeroCount((ulong)us | (SubBuckets - 1)) - (HalfBits + 1);
        return (bucket << HalfBits) + (int)(us >> bucket);
    }

    private static long HighestOf(int index)
    {
        if (index < SubBuckets)
            return index;
        int bucket = (index >> HalfBits) - 1;
        long lowest = (long)((index & (Half - 1)) + Half) << bucket;
        return lowest + (1L << bucket) - 1;
    }
}
