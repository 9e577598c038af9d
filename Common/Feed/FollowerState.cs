using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>Where a follower of a log stands.</summary>
public enum FollowerState : byte
{
    /// <summary>No source answers, or none that can be used.</summary>
    Searching = 0,

    /// <summary>Fetches history; live records are held back meanwhile, as far as they fit.</summary>
    CatchingUp = 1,

    /// <summary>Takes records as they are committed.</summary>
    Live = 2,

    /// <summary>
    /// Every source that answers is behind the follower: it takes nothing until one has come as far. Ends by itself.
    /// </summary>
    AheadOfSources = 3,

    /// <summary>
    /// What comes next is no longer kept by any source that answers; see <see cref="LogFollower.Gap"/>.
    /// </summary>
    Gap = 4,

    /// <summary>
    /// Every source that answers has another log than the follower. It takes nothing, and never gives up what it has.
    /// </summary>
    Diverged = 5,
}

/// <summary>Records that a follower can no longer get, because nobody keeps them.</summary>
/// <param name="LostFrom">First index that is lost.</param>
/// <param name="KeptFrom">First index that a source still keeps: <c>[LostFrom, KeptFrom)</c> is lost.</param>
/// <param name="KeptBy">Name of that source.</param>
public sealed record FollowerGap(LogIndex LostFrom, LogIndex KeptFrom, string KeptBy);
