namespace Chorus.Common.Feed;

/// <summary>
/// Prefixes of keys that are watched. Whether a key has one of them costs a few comparisons however many there are:
/// anybody may subscribe, and the loop asks for every command.
/// </summary>
internal sealed class KeyPrefixes
{
    private readonly List<(byte[] Prefix, int Times)> _sorted = [];

    /// <summary>How many there are, equal ones counted once.</summary>
    public int Count => _sorted.Count;

    /// <summary>Adds a prefix once more.</summary>
    public void Add(ReadOnlySpan<byte> prefix)
    {
        int at = LastNotBehind(prefix);
        if (at >= 0 && prefix.SequenceEqual(_sorted[at].Prefix))
            _sorted[at] = (_sorted[at].Prefix, _sorted[at].Times + 1);
        else
            _sorted.Insert(at + 1, (prefix.ToArray(), 1));
    }

    /// <summary>Takes a prefix away once; nothing happens where there is none.</summary>
    public void Remove(ReadOnlySpan<byte> prefix)
    {
        int at = LastNotBehind(prefix);
        if (at < 0 || !prefix.SequenceEqual(_sorted[at].Prefix))
            return;
        if (_sorted[at].Times > 1)
            _sorted[at] = (_sorted[at].Prefix, _sorted[at].Times - 1);
        else
            _sorted.RemoveAt(at);
    }

    /// <summary>Whether a key begins with one of them.</summary>
    public bool Match(ReadOnlySpan<byte> key)
    {
        while (true)
        {
            // A prefix of the key sorts before it. Whatever of those lies before the nearest one is a prefix of that
            // one too, hence of what both have in common; and that is shorter than the key.
            int at = LastNotBehind(key);
            if (at < 0)
                return false;
            byte[] nearest = _sorted[at].Prefix;
            int common = key.CommonPrefixLength(nearest);
            if (common == nearest.Length)
                return true;
            key = key[..common];
        }
    }

    private int LastNotBehind(ReadOnlySpan<byte> key)
    {
        int from = 0, until = _sorted.Count;
        while (from < until)
        {
            int middle = (from + until) / 2;
            if (key.SequenceCompareTo(_sorted[middle].Prefix) >= 0)
                from = middle + 1;
            else
                until = middle;
        }
        return from - 1;
    }
}
