namespace Chorus.Common.Feed;

/// <summary>First frames of the feed's messages; ZeroMQ compares them with what a subscriber asked for.</summary>
public static class FeedTopics
{
    /// <summary>All committed records.</summary>
    public static ReadOnlySpan<byte> Log => "log"u8;

    /// <summary>Heartbeats: how far the publisher is.</summary>
    public static ReadOnlySpan<byte> Heartbeat => "hb"u8;

    /// <summary>Stands before a key: commands on keys, for those who watch one or a prefix.</summary>
    public static ReadOnlySpan<byte> Key => "key/"u8;
}
