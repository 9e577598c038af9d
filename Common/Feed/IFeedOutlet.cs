namespace Chorus.Common.Feed;

/// <summary>
/// The publisher's port: an XPUB socket, or the simulator's. Sending never waits; a subscriber that does not keep up
/// loses messages, and finds out by the next index. Owned by one thread.
/// </summary>
public interface IFeedOutlet
{
    /// <summary>Takes the next change: the first subscriber of a topic, or the loss of the last.</summary>
    /// <param name="isAdded">Whether somebody subscribes now; otherwise nobody does any more.</param>
    /// <param name="topic">The prefix subscribed to; valid until the next call.</param>
    bool TryReceiveSubscription(out bool isAdded, out ReadOnlySpan<byte> topic);

    /// <summary>Publishes a message of three frames. All bytes are copied before the call returns.</summary>
    void Send(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records);
}
