using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>Leaves a source that says it has more and sends nothing, even where others send it.</summary>
internal sealed class ProgressWatch(SourceTable sources, HistoryFetch history, BatchInterest batches, long nowMicros)
{
    private long _chosenMicros = nowMicros;
    private long _fetchedMicros = nowMicros;

    /// <summary>A source has sent records that are of use.</summary>
    public void Note(FeedSource source, long now)
    {
        if (source == sources.Chosen)
            _chosenMicros = now;
        if (source == history.Source)
            _fetchedMicros = now;
    }

    /// <summary>Time counts from now on: until now, the follower had no room for anything.</summary>
    public void Begin(long now) => _chosenMicros = _fetchedMicros = now;

    /// <summary>The process stood still: nobody could have sent anything.</summary>
    public void Forgive(long pauseMicros)
    {
        _chosenMicros += pauseMicros;
        _fetchedMicros += pauseMicros;
    }

    /// <summary>Looks whether the chosen source is to be left.</summary>
    /// <param name="position">Last index that the follower has.</param>
    /// <param name="state">Where it stands: a gap that nobody can fill is no source's fault.</param>
    /// <param name="now">Monotonic time.</param>
    /// <returns>Whether it was left.</returns>
    public bool Judge(LogIndex position, FollowerState state, long now)
    {
        if (sources.Chosen is not { } chosen || chosen.Commit <= position || state == FollowerState.Gap)
        {
            _chosenMicros = now;
            return false;
        }
        if (now - _chosenMicros < batches.StallMicros)
            return false;
        _chosenMicros = now;
        EndFetch(chosen, now);
        string why = $"it says that index {chosen.Commit} is committed, but sends nothing behind {position}";
        sources.Avoid(chosen, SourceTrouble.Stalled, why, now);
        return true;
    }

    // Who is fetched from need not be who is followed: a fetch that goes well goes on.
    private void EndFetch(FeedSource chosen, long now)
    {
        bool isOther = history.Source is not null && history.Source != chosen;
        if (isOther && now - _fetchedMicros < batches.StallMicros)
            return;
        if (isOther)
            sources.AvoidFetching(history.Source!, "it sends nothing", now);
        history.End();
    }
}
