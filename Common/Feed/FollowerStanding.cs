using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Feed;

/// <summary>What the sources together mean for a follower, and says so once.</summary>
internal sealed class FollowerStanding(
    SourceTable sources, LogFollowerOptions options, ILogger logger, long startMicros)
{
    private long _notAheadMicros = startMicros;
    private long _foundMicros = startMicros;
    private FollowerState _saidState;

    public FollowerState State { get; private set; }

    /// <summary>Why the follower takes nothing; empty while it does, or may just be looking around.</summary>
    public string Why { get; private set; } = "";

    /// <summary>What to do about it.</summary>
    public string Cure { get; private set; } = "";

    /// <summary>What is lost, in state Gap; otherwise null.</summary>
    public FollowerGap? Gap { get; private set; }

    /// <summary>The follower itself was not running for a while.</summary>
    public void Forgive(long pauseMicros)
    {
        _notAheadMicros += pauseMicros;
        _foundMicros += pauseMicros;
    }

    /// <summary>Looks at the sources.</summary>
    /// <param name="position">Last index that the follower has.</param>
    /// <param name="isFetching">Whether history is being fetched, or live records are held back.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    public void Judge(LogIndex position, bool isFetching, long nowMicros)
    {
        State = StateOf(position, isFetching, nowMicros);
        if (State != FollowerState.Searching)
            _foundMicros = nowMicros;
        // It is normal to look around for a while.
        bool isTrouble = State > FollowerState.Live
            || (State == FollowerState.Searching && nowMicros - _foundMicros >= options.AheadMicros);
        (Why, Cure) = isTrouble ? Explain(position) : ("", "");
        if (isTrouble && _saidState != State)
            logger.Waits(options.Name, position, Why, Cure);
        else if (State == FollowerState.Live && _saidState != State)
            logger.Goes(options.Name, State, position);
        else
            return;
        _saidState = State;
    }

    private FollowerState StateOf(LogIndex position, bool isFetching, long nowMicros)
    {
        Gap = null;
        int heard = 0, others = 0, behind = 0, keepTooLittle = 0;
        FeedSource? keepsMost = null;
        foreach (FeedSource source in sources.All)
        {
            if (!sources.IsHeard(source, nowMicros))
                continue;
            heard++;
            if (source.HasWrongChain)
            {
                others++;
                continue;
            }
            if (source.Commit < position)
                behind++;
            if (source.FirstKept <= position.Next)
                continue;
            keepTooLittle++;
            if (keepsMost is null || source.FirstKept < keepsMost.FirstKept)
                keepsMost = source;
        }
        if (heard == 0 || behind != heard)
            _notAheadMicros = nowMicros;
        if (heard == 0)
            return FollowerState.Searching;
        if (others == heard)
            return FollowerState.Diverged;
        if (keepsMost is not null && others + keepTooLittle == heard)
        {
            Gap = new FollowerGap(position.Next, keepsMost.FirstKept, keepsMost.Who.Id);
            return FollowerState.Gap;
        }
        if (nowMicros - _notAheadMicros >= options.AheadMicros)
            return FollowerState.AheadOfSources;
        if (sources.Chosen is not { } chosen)
            return FollowerState.Searching;
        return isFetching || position < chosen.CommitBefore ? FollowerState.CatchingUp : FollowerState.Live;
    }

    private (string Why, string Cure) Explain(LogIndex position) => State switch
    {
        FollowerState.AheadOfSources => (
            $"it has more than every source that answers: {Each(s => $"it ends at {s.Commit}")}",
            "Wait until they have caught up; it goes on by itself. If the cluster was set back to older data, keep "
                + "this record for study and begin an empty one"),
        FollowerState.Gap => (
            $"records {position.Next} to {Gap!.KeptFrom.Previous} are lost: the oldest that is kept, by {Gap.KeptBy}, "
                + $"is {Gap.KeptFrom}",
            "Name a source that keeps more, or keep this record and begin an empty one"),
        FollowerState.Diverged => (
            $"every source that answers has another log: {Each(s => s.Trouble)}",
            "One of the two was damaged or replaced. Verify both; then follow the right cluster, or keep this record "
                + "for study and begin an empty one"),
        _ => (
            "none of its sources can be followed: "
                + Each(s => s.Trouble.Length > 0 ? s.Trouble : "it does not answer"),
            "Start a replica, or correct the addresses; it goes on by itself"),
    };

    private string Each(Func<FeedSource, string> say) => sources.All.Count == 0
        ? "it knows none"
        : string.Join("; ", sources.All.Select(s => $"{s.Who.Id} at {s.Who.FeedAddress}: {say(s)}"));
}
