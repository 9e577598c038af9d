namespace Chorus.Common.Feed;

/// <summary>What a publisher is, so that observers can spare the leader.</summary>
public enum FeedRole : byte
{
    /// <summary>A replica that does not lead.</summary>
    Follower = 0,

    /// <summary>The replica that leads, as it believes.</summary>
    Leader = 1,

    /// <summary>An observer that publishes what it has made durable.</summary>
    Logger = 2,
}
