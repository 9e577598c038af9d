namespace Chorus.Common.Replica;

/// <summary>The loop's port to its peers. Owned by the loop's thread; no call blocks.</summary>
public interface IPeerTransport
{
    /// <summary>Takes the next frame pair that arrived, from whomever.</summary>
    /// <param name="frame">Valid until the next call.</param>
    bool TryReceive(out PeerFrame frame);

    /// <summary>
    /// Sends to a peer, best effort: a peer that is not connected or whose queue is full loses the message, counted.
    /// </summary>
    /// <param name="address"><c>host:port</c> of the peer's socket; connected at first use.</param>
    /// <param name="header">Encoded by <c>PeerCodec</c>; copied before the call returns.</param>
    /// <param name="records">Records that travel beside it, or empty; copied before the call returns.</param>
    void Send(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records);

    /// <summary>
    /// Connects to these addresses ahead of the first message, which would be lost otherwise, and closes connections
    /// to all others.
    /// </summary>
    void Retain(IReadOnlyCollection<string> addresses);

    /// <summary>Messages that could not be sent, since the start.</summary>
    long DroppedTotal { get; }
}
