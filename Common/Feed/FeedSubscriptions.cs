namespace Chorus.Common.Feed;

/// <summary>What the subscribers of one publisher have asked for, as far as the publisher must know it.</summary>
internal sealed class FeedSubscriptions
{
    /// <summary>Most prefixes of keys that are watched at once; more are counted and not served.</summary>
    public const int KeyPrefixesMax = 1024;

    private const int TopicBytesMax = 512;

    private readonly List<byte[]> _keyPrefixes = [];
    private int _log;
    private int _heartbeats;

    /// <summary>Whether anybody wants all records.</summary>
    public bool WantsLog => _log > 0;

    /// <summary>Whether anybody wants heartbeats.</summary>
    public bool WantsHeartbeats => _heartbeats > 0;

    /// <summary>Whether anybody watches keys.</summary>
    public bool WantsKeys => _keyPrefixes.Count > 0;

    /// <summary>Subscriptions that were not taken, because there were too many or they were too long.</summary>
    public long Refused { get; private set; }

    /// <summary>A topic has its first subscriber, or has lost its last one.</summary>
    public void Change(bool isAdded, ReadOnlySpan<byte> topic)
    {
        int step = isAdded ? 1 : -1;
        // A subscription is a prefix of what it matches: the empty one matches everything.
        if (FeedTopics.Log.StartsWith(topic))
            _log += step;
        if (FeedTopics.Heartbeat.StartsWith(topic))
            _heartbeats += step;
        if (FeedTopics.Key.StartsWith(topic))
            ChangeKeys(isAdded, default);
        else if (topic.StartsWith(FeedTopics.Key))
            ChangeKeys(isAdded, topic[FeedTopics.Key.Length..]);
    }

    /// <summary>Whether somebody watches a key.</summary>
    public bool Watches(ReadOnlySpan<byte> key)
    {
        foreach (byte[] prefix in _keyPrefixes)
        {
            if (key.StartsWith(prefix))
                return true;
        }
        return false;
    }

    private void ChangeKeys(bool isAdded, ReadOnlySpan<byte> prefix)
    {
        if (isAdded)
        {
            if (_keyPrefixes.Count < KeyPrefixesMax && prefix.Length <= TopicBytesMax)
                _keyPrefixes.Add(prefix.ToArray());
            else
                Refused++;
            return;
        }
        for (int i = 0; i < _keyPrefixes.Count; i++)
        {
            if (!prefix.SequenceEqual(_keyPrefixes[i]))
                continue;
            _keyPrefixes.RemoveAt(i);
            return;
        }
    }
}
