namespace Chorus.Common.Replica;

/// <summary>
/// A socket on which others ask and the loop answers: the client socket and the join socket. Owned by the loop's
/// thread; no call blocks.
/// </summary>
public interface IClientTransport
{
    /// <summary>Takes the next frame that arrived.</summary>
    /// <param name="connection">
    /// Whom to answer; the same object for the same peer while answers are outstanding.
    /// </param>
    /// <param name="frame">Bytes as received, unchecked; valid until the next call.</param>
    bool TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame);

    /// <summary>Answers, best effort: a peer that is gone or does not read loses the frame, counted.</summary>
    /// <param name="connection">From <see cref="TryReceive"/>.</param>
    /// <param name="frame">Copied before the call returns.</param>
    void Send(ClientConnection connection, ReadOnlySpan<byte> frame);

    /// <summary>Frames that could not be sent, since the start.</summary>
    long DroppedTotal { get; }
}
