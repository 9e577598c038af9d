using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>
/// Whether a follower subscribes to batches. Who is further behind than what can be held back has no use for them, and
/// on a slow line they keep back what is fetched: then heartbeats are enough, until the fetch is near the end.
/// </summary>
/// <remarks>
/// Two limits, a quarter apart, and a pause that doubles where batches had to be given up again soon: so it does not go
/// to and fro. What is committed meanwhile is fetched like any other gap.
/// </remarks>
internal sealed class BatchInterest(LogFollowerOptions options, SourceTable sources, FollowerCounters counters)
{
    // How much nearer than the place where batches are given up it must be before they are subscribed to again.
    private const long NearDivisor = 4;
    private const long PauseMicros = 1_000_000;
    private const long PauseMicrosMax = 16_000_000;

    // Who took batches for so long has found its pace.
    private const long SettledMicros = 10_000_000;

    private const long SampleShare = 8;

    private long _recordBytes = RecordHeader.SizeBytes;
    private long _pauseMicros = PauseMicros;
    private long _changedMicros = long.MinValue / 2;

    /// <summary>Whether batches are subscribed to, of whoever is followed.</summary>
    public bool IsOn => sources.WantsBatches;

    /// <summary>
    /// How long a source that has more may bring nothing: where nothing comes live, until a fetch that was too slow for
    /// the line has been tried again in smaller chunks.
    /// </summary>
    public long StallMicros => IsOn ? options.StallMicros : 2 * options.StallMicros;

    /// <summary>Notes how long records are.</summary>
    public void Note(long bytes, ulong records) =>
        _recordBytes += ((bytes / (long)Math.Max(1, records)) - _recordBytes) / SampleShare;

    /// <summary>Gives batches up: there is no use for them.</summary>
    /// <returns>Whether there were any to give up.</returns>
    public bool GiveUp(long nowMicros)
    {
        if (!IsOn)
            return false;
        bool isAgain = nowMicros - _changedMicros < SettledMicros;
        _pauseMicros = isAgain ? Math.Min(2 * _pauseMicros, PauseMicrosMax) : PauseMicros;
        _changedMicros = nowMicros;
        counters.Unsubscriptions++;
        sources.WantBatches(false);
        return true;
    }

    /// <summary>Gives batches up, or subscribes to them again, as far as the follower has come.</summary>
    /// <param name="position">Last index that the follower has.</param>
    /// <param name="isInOrder">
    /// Whether what comes live continues what is here: then it is used, however much of it is still on its way.
    /// </param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <returns>Whether that has changed.</returns>
    public bool Judge(LogIndex position, bool isInOrder, long nowMicros)
    {
        if (sources.Chosen is not { } chosen)
            return false;
        ulong lag = chosen.Commit > position ? chosen.Commit - position : 0;
        // So many records that the product does not fit are too many in any case.
        long bytes = (long)Math.Min(lag, int.MaxValue) * _recordBytes;
        if (IsOn)
            return !isInOrder && bytes > options.HeldBytesMax && GiveUp(nowMicros);
        if (bytes > options.HeldBytesMax / NearDivisor || nowMicros - _changedMicros < _pauseMicros)
            return false;
        _changedMicros = nowMicros;
        sources.WantBatches(true);
        return true;
    }
}
