using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Snapshots;

/// <summary>
/// Writes one snapshot: under a temporary name, then synced, renamed, and the directory synced. Everything blocks: used
/// by a thread that may.
/// </summary>
public sealed class SnapshotWriter : IDisposable
{
    private readonly IStorage _storage;
    private readonly SnapshotHeader _header;
    private readonly uint _headerCrc;
    private readonly byte[] _frame = new byte[SnapshotFrame.SizeBytes];
    private readonly SequentialFile _file;
    private uint _pieces;
    private ulong _bytes;

    private SnapshotWriter(IStorage storage, SnapshotHeader header)
    {
        (_storage, _header) = (storage, header);
        if (storage.Exists(SnapshotNames.Temp))
            storage.Delete(SnapshotNames.Temp);
        byte[] bytes = header.Encode();
        _headerCrc = Crc32C.Compute(bytes);
        _file = new SequentialFile(storage, SnapshotNames.Temp);
        _file.Add(bytes);
    }

    /// <summary>Bytes that are in the file, under its temporary name.</summary>
    public long WrittenBytes => _file.WrittenBytes;

    /// <summary>Begins a snapshot; what an earlier one left unfinished is gone.</summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="header">What the snapshot is of.</param>
    /// <exception cref="IOException">The disk failed, or is full.</exception>
    public static SnapshotWriter Begin(IStorage storage, SnapshotHeader header) => new(storage, header);

    /// <summary>Adds a piece. It comes back as it is, whole, in the order in which it was added.</summary>
    /// <param name="section">What it belongs to; not <see cref="SnapshotSection.End"/>.</param>
    /// <param name="piece">At most 64 MiB.</param>
    /// <exception cref="IOException">The disk failed, or is full.</exception>
    public void Add(SnapshotSection section, ReadOnlySpan<byte> piece)
    {
        Check.That(section != SnapshotSection.End, "only the writer itself ends a snapshot");
        Check.That(piece.Length <= SnapshotFrame.PieceBytesMax, "a piece of a snapshot is too long");
        Put(section, piece);
        _pieces++;
        _bytes += (ulong)piece.Length;
    }

    /// <summary>Ends the snapshot and makes it durable under its name.</summary>
    /// <param name="digest">Digest of the state that it holds.</param>
    /// <returns>What others may read from now on.</returns>
    /// <exception cref="IOException">The disk failed, or is full.</exception>
    public SnapshotInfo Finish(ulong digest)
    {
        Span<byte> footer = stackalloc byte[SnapshotFooter.SizeBytes];
        new SnapshotFooter(_pieces, _bytes, digest).Encode(footer);
        Put(SnapshotSection.End, footer);
        _file.Finish();
        _file.Dispose();
        string name = SnapshotNames.Of(_header.Index);
        _storage.Rename(SnapshotNames.Temp, name);
        _storage.SyncDirectory();
        return new SnapshotInfo(_header, name, _file.Length, _headerCrc);
    }

    /// <summary>Closes the file. Without <see cref="Finish"/> nothing of the snapshot counts.</summary>
    public void Dispose() => _file.Dispose();

    private void Put(SnapshotSection section, ReadOnlySpan<byte> piece)
    {
        SnapshotFrame.Encode(_frame, piece, _pieces, section, _headerCrc);
        _file.Add(_frame);
        _file.Add(piece);
    }
}
