namespace Chorus.Common.Feed;

/// <summary>What a subscriber wants from one source.</summary>
public enum FeedInterest : byte
{
    /// <summary>Nothing: no connection is kept.</summary>
    None = 0,

    /// <summary>To know how far the source is.</summary>
    Heartbeats = 1,

    /// <summary>All committed records, and heartbeats.</summary>
    Everything = 2,
}
