using Chorus.Common.Log;

namespace Chorus.Common.Snapshots;

/// <summary>Gives a snapshot's sections to whom they belong: the state piece by piece, everything else whole.</summary>
/// <param name="pieces">At their beginning; owned by the caller.</param>
public sealed class SnapshotRestore(ISnapshotPieces pieces)
{
    private readonly MemoryStream _sessions = new();

    /// <summary>
    /// Sessions of clients, as they were written; empty where there are none. Complete once the state has been read to
    /// its end.
    /// </summary>
    public ReadOnlyMemory<byte> Sessions => _sessions.GetBuffer().AsMemory(0, (int)_sessions.Length);

    /// <summary>Digest of the state; known once it has been read to its end.</summary>
    public ulong Digest => pieces.Digest;

    /// <summary>The next piece of the state.</summary>
    /// <param name="piece">As the state machine wrote it; valid until the next call.</param>
    /// <returns>False at the end of a snapshot that was whole.</returns>
    /// <exception cref="LogCorruptionException">It is not what was written.</exception>
    /// <exception cref="NodeDirectoryException">It is of a newer format.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public bool TryRead(out ReadOnlySpan<byte> piece)
    {
        while (pieces.TryRead(out SnapshotSection section, out piece))
        {
            if (section == SnapshotSection.State)
                return true;
            _sessions.Write(piece);
        }
        return false;
    }

    /// <summary>Words for a piece that is whole and yet makes no sense.</summary>
    /// <param name="what">What is wrong.</param>
    public LogCorruptionException Damage(string what) => pieces.Damage(what);
}
