using System.Buffers;

namespace Chorus.Common.Snapshots;

/// <summary>
/// A state machine's state as it was when the snapshot was begun, handed out in pieces while the state goes on
/// changing. Used by the thread that applies, between two commands; each call is short.
/// </summary>
public interface IStateSnapshot : IDisposable
{
    /// <summary>Digest of the state that it holds.</summary>
    ulong Digest { get; }

    /// <summary>
    /// Whether so much has changed before it was handed out that keeping the old contents took too much memory: the
    /// snapshot is to be given up and begun anew later.
    /// </summary>
    bool IsLost { get; }

    /// <summary>
    /// Whether so much waits already that the next pieces are to be taken without a pause, lest the snapshot be lost.
    /// </summary>
    bool IsPressed => false;

    /// <summary>Writes the next piece.</summary>
    /// <param name="piece">Where it goes.</param>
    /// <param name="bytesMax">
    /// About how long a piece becomes: what begins before this limit is still taken whole, an entry or a buffer of old
    /// contents.
    /// </param>
    /// <returns>False when everything has been handed out.</returns>
    bool TryWrite(IBufferWriter<byte> piece, int bytesMax);
}
