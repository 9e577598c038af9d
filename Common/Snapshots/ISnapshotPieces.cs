using Chorus.Common.Log;

namespace Chorus.Common.Snapshots;

/// <summary>The pieces of a snapshot in their order, each verified before it is handed out.</summary>
public interface ISnapshotPieces
{
    /// <summary>Digest of the state; known once all has been read.</summary>
    ulong Digest { get; }

    /// <summary>Reads the next piece; blocks where it is not there yet.</summary>
    /// <param name="section">What it belongs to.</param>
    /// <param name="piece">As it was written; valid until the next call.</param>
    /// <returns>False at the end, when all was whole.</returns>
    /// <exception cref="LogCorruptionException">It is not what was written.</exception>
    /// <exception cref="NodeDirectoryException">It is of a newer format.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    bool TryRead(out SnapshotSection section, out ReadOnlySpan<byte> piece);

    /// <summary>Words for a piece that is whole and yet makes no sense.</summary>
    /// <param name="what">What is wrong.</param>
    LogCorruptionException Damage(string what);
}
