namespace Chorus.Common.Feed;

/// <summary>What the subscribers of one publisher have asked for, as far as the publisher must know it.</summary>
internal sealed class FeedSubscriptions
{
    /// <summary>Most prefixes of keys that are watched at once; more are counted and not served.</summary>
    public const int KeyPrefixesMax = 1024;

    /// <summary>Longest prefix of a key; longer ones are counted and not served.</summary>
    public const int KeyPrefixBytesMax = 512;

    private readonly KeyPrefixes _keys = new();
    private int _log;

    /// <summary>Whether anybody wants all records.</summary>
    public bool WantsLog => _log > 0;

    /// <summary>Whether anybody watches keys.</summary>
    public bool WantsKeys => _keys.Count > 0;

    /// <summary>Whether anybody wants records.</summary>
    public bool WantsAny => WantsLog || WantsKeys;

    /// <summary>Subscriptions that were not taken, because there were too many or they were too long.</summary>
    public long Refused { get; private set; }

    /// <summary>A topic has its first subscriber, or has lost its last one.</summary>
    public void Change(bool isAdded, ReadOnlySpan<byte> topic)
    {
        // A subscription is a prefix of what it matches: the empty one matches everything. One that was never made can
        // be taken back all the same, by a subscriber that means harm.
        if (FeedTopics.Log.StartsWith(topic))
            _log = Math.Max(0, _log + (isAdded ? 1 : -1));
        if (FeedTopics.Key.StartsWith(topic))
            ChangeKeys(isAdded, default);
        else if (topic.StartsWith(FeedTopics.Key))
            ChangeKeys(isAdded, topic[FeedTopics.Key.Length..]);
    }

    /// <summary>Whether somebody watches a key.</summary>
    public bool Watches(ReadOnlySpan<byte> key) => _keys.Match(key);

    private void ChangeKeys(bool isAdded, ReadOnlySpan<byte> prefix)
    {
        if (!isAdded)
            _keys.Remove(prefix);
        else if (_keys.Count < KeyPrefixesMax && prefix.Length <= KeyPrefixBytesMax)
            _keys.Add(prefix);
        else
            Refused++;
    }
}
