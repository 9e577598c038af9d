namespace Chorus.Common.Feed;

/// <summary>
/// The subscriber's port: a SUB socket for each source, or the simulator's. Owned by one thread; nothing waits.
/// </summary>
public interface IFeedInlet
{
    /// <summary>Connects to a source, changes what is wanted from it, or (with none) leaves it.</summary>
    /// <param name="address"><c>host:port</c> of a feed.</param>
    /// <param name="interest">What is wanted from now on; messages already under way may still arrive.</param>
    void Follow(string address, FeedInterest interest);

    /// <summary>Takes the next message of any source.</summary>
    bool TryReceive(out FeedMessage message);
}
