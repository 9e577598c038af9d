using Chorus.Common.Transfer;

namespace Chorus.Common.Feed;

/// <summary>Shows operators where a recorder stands, now and then: nothing depends on it.</summary>
internal sealed class RecorderStanding(FollowingView? view, LogFollower follower)
{
    private const long ShowMicros = 250_000;

    /// <summary>Why a recorder has ended whom the cluster has removed.</summary>
    public const string RemovedWhy = "the cluster has removed it";

    /// <summary>What to do about that.</summary>
    public const string RemovedCure =
        "Start it again with -join to be taken in again: it goes on where it ended. Or remove its folder";

    private long _showMicros = long.MinValue;

    /// <summary>Shows it, when that is due.</summary>
    /// <param name="isRemoved">Whether the cluster has removed the recorder.</param>
    /// <param name="isDiskFull">Whether its disk has no room for the next file.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    public void Work(bool isRemoved, bool isDiskFull, long nowMicros)
    {
        if (view is null || nowMicros < _showMicros)
            return;
        _showMicros = nowMicros + ShowMicros;
        (string state, string why, string cure) = isRemoved
            ? ("removed", RemovedWhy, RemovedCure)
            : isDiskFull
            ? ("disk full", "its disk has no room for the next file", "Make room; it goes on by itself")
            : (Words(follower.State), follower.Why, follower.Cure);
        view.Show(new FollowingReport
        {
            State = state,
            Why = why,
            Cure = cure,
            Source = follower.Source,
            Commit = follower.Commit,
            Counters = [.. follower.Counters.All()],
        });
    }

    private static string Words(FollowerState state) => state switch
    {
        FollowerState.Searching => "searching",
        FollowerState.CatchingUp => "catching up",
        FollowerState.Live => "live",
        FollowerState.AheadOfSources => "ahead of sources",
        FollowerState.Gap => "gap",
        _ => "diverged",
    };
}
