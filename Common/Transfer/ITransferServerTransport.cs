using Chorus.Common.Replica;

namespace Chorus.Common.Transfer;

/// <summary>The source's port: a ROUTER socket, or the simulator's. Owned by one thread; nothing waits.</summary>
public interface ITransferServerTransport
{
    /// <summary>Takes the next message of any receiver.</summary>
    /// <param name="connection">Where an answer goes.</param>
    /// <param name="header">First frame, unchecked; valid until the next call.</param>
    /// <param name="body">Second frame; empty when there is none.</param>
    bool TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body);

    /// <summary>Sends; false when the receiver is gone or does not read: its streams are to be forgotten.</summary>
    bool TrySend(ClientConnection connection, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body);
}
