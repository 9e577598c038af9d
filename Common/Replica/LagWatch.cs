using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Sees whether a node is far behind its leader and the leader's own messages do not bring it there: looks at the lag
/// once in a window.
/// </summary>
/// <param name="entriesMax">A lag of so many entries is the leader's business.</param>
/// <param name="windowMicros">How long a lag must have lasted.</param>
internal sealed class LagWatch(ulong entriesMax, long windowMicros)
{
    // A lag that shrinks by this part in one window is gone in a few of them.
    private const ulong ClosingPart = 4;

    private long? _since;
    private LogIndex _lastThen;

    /// <summary>Whether the node needs help.</summary>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="last">End of the own log.</param>
    /// <param name="commit">Commit index of the leader.</param>
    public bool NeedsHelp(long nowMicros, LogIndex last, LogIndex commit)
    {
        if (!IsFar(last, commit))
        {
            _since = null;
            return false;
        }
        if (_since is not { } since || last < _lastThen)
        {
            (_since, _lastThen) = (nowMicros, last);
            return false;
        }
        if (nowMicros - since < windowMicros)
            return false;
        bool closes = last - _lastThen >= (commit - _lastThen) / ClosingPart;
        (_since, _lastThen) = (nowMicros, last);
        return !closes;
    }

    /// <summary>Whether a log that ends there is far behind.</summary>
    public bool IsFar(LogIndex last, LogIndex commit) => commit > last && commit - last > entriesMax;
}
