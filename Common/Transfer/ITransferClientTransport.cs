namespace Chorus.Common.Transfer;

/// <summary>
/// The receiver's port: a DEALER socket for each source, or the simulator's. Owned by one thread; nothing waits, and
/// nothing is promised: what is not answered in time is asked for again.
/// </summary>
public interface ITransferClientTransport
{
    /// <summary>Sends to a source, connecting at the first message; false when it cannot be sent now.</summary>
    /// <param name="address"><c>host:port</c> of a transfer socket.</param>
    /// <param name="header">First frame; copied.</param>
    /// <param name="body">Second frame, sent unless empty; copied.</param>
    bool TrySend(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body);

    /// <summary>Takes the next message of any source.</summary>
    /// <param name="address">The source, as given to <see cref="TrySend"/>.</param>
    /// <param name="header">First frame, unchecked; valid until the next call.</param>
    /// <param name="body">Second frame; empty when there is none.</param>
    bool TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body);

    /// <summary>Closes the connection to a source and loses what is still on its way.</summary>
    void Disconnect(string address);
}
