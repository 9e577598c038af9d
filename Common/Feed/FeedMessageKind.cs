namespace Chorus.Common.Feed;

/// <summary>What a message of the feed carries.</summary>
public enum FeedMessageKind : byte
{
    /// <summary>Committed records, contiguous, each once (topic <c>log</c>).</summary>
    Batch = 1,

    /// <summary>How far the publisher is; no records (topic <c>hb</c>).</summary>
    Heartbeat = 2,

    /// <summary>One committed command, to those who watch its key (topic <c>key/</c> and the key).</summary>
    Key = 3,
}
