using Chorus.Common.Log;

namespace Chorus.Common.Snapshots;

/// <summary>Gives a snapshot's sections to whom they belong: the state piece by piece, everything else whole.</summary>
/// <param name="reader">At its beginning; owned by the caller.</param>
public sealed class SnapshotRestore(SnapshotReader reader)
{
    private readonly MemoryStream _sessions = new();

    /// <summary>
    /// Sessions of clients, as they were written; empty where there are none. Complete once the state has been read to
    /// its end.
    /// </summary>
    public ReadOnlyMemory<byte> Sessions => _sessions.GetBuffer().AsMemory(0, (int)_sessions.Length);

    /// <summary>Digest of the state; known once it has been read to its end.</summary>
    public ulong Digest => reader.Footer?.Digest ?? 0;

    /// <summary>The next piece of the state.</summary>
    /// <param name="piece">As the state machine wrote it; valid until the next call.</param>
    /// <returns>False at the end of a snapshot that was whole.</returns>
    /// <exception cref="LogCorruptionException">It is not what was written.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public bool TryRead(out ReadOnlySpan<byte> piece)
    {
        while (reader.TryRead(out SnapshotSection section, out piece))
        {
            switch (section)
            {
                case SnapshotSection.State:
                    return true;
                case SnapshotSection.Sessions:
                    _sessions.Write(piece);
                    break;
                default:
                    throw Damage($"nobody knows section {(byte)section}: a newer Chorus must have made it");
            }
        }
        return false;
    }

    /// <summary>Words for a piece that is whole and yet makes no sense.</summary>
    /// <param name="what">What is wrong.</param>
    public LogCorruptionException Damage(string what) => reader.Damage(what);
}
