using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Limits of a fetch from several sources.</summary>
public sealed record StripedFetchOptions
{
    /// <summary>Limits of each stream; its window of chunks is also the size at which stripes are cut.</summary>
    public TransferStreamOptions Stream { get; init; } = new();

    /// <summary>
    /// Stripes that may be under way or not yet used, for each source: with the window of a stream the memory that a
    /// fetch takes. Default 2, of which a source sends the second when the first is almost done.
    /// </summary>
    public int StripesPerSource { get; init; } = 2;

    /// <summary>Sources beyond this number are not used. Default 16.</summary>
    public int SourcesMax { get; init; } = 16;

    /// <summary>
    /// Times that a source may send what cannot be true before it is not asked any more. Default 3.
    /// </summary>
    public int LiesMax { get; init; } = 3;

    /// <summary>Pause before a source that failed is asked again, in microseconds; grows with each failure up to
    /// ten times that. Default 200 ms.</summary>
    public long BackOffMicros { get; init; } = 200_000;

    /// <summary>
    /// After so long, in microseconds, a stripe that everything waits for is taken from a source that is three times
    /// slower than one that has nothing to do. Default 300 ms.
    /// </summary>
    public long SlowMicros { get; init; } = 300_000;

    /// <summary>
    /// So long, in microseconds, no source may bring anything new before the fetch fails. Default 15 s.
    /// </summary>
    public long PatienceMicros { get; init; } = 15_000_000;

    /// <summary>Stops at settings that cannot work.</summary>
    public void Validate()
    {
        Stream.Validate();
        Check.That(StripesPerSource > 0 && SourcesMax > 0 && LiesMax > 0, "a fetch must be able to ask somebody");
        Check.That(BackOffMicros > 0 && SlowMicros > 0 && PatienceMicros > 0, "times are positive");
    }
}
