using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// The file of a snapshot, byte by byte. It never changes; where a newer one has taken its place meanwhile, it is sent
/// to its end all the same. Where a newer one is wanted, nothing is sent before it is there, or will not be.
/// </summary>
internal sealed class SnapshotServing : Serving
{
    private readonly IStorage _storage;
    private readonly SnapshotView? _view;
    private readonly int _wish;
    private readonly int _chunkBytes;
    private SnapshotInfo _snapshot;
    private IStorageFile? _file;
    private byte[] _piece = [];
    private long _position;

    /// <param name="storage">The data directory.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="position">Offset from which on it is wanted.</param>
    /// <param name="chunkBytes">Most bytes of a chunk.</param>
    /// <param name="view">Where a newer one, which is wanted, shows itself; null: none is.</param>
    /// <param name="wish">The wish for it.</param>
    public SnapshotServing(
        IStorage storage, SnapshotInfo snapshot, long position, int chunkBytes, SnapshotView? view = null,
        int wish = 0)
    {
        (_storage, _snapshot, _position, _chunkBytes) = (storage, snapshot, position, chunkBytes);
        (_view, _wish) = (view, wish);
        if (view is null)
            Open();
    }

    public override LogIndex Position => _snapshot.Index;

    public override bool IsComplete => _position >= _snapshot.LengthBytes;

    // Whoever installs it goes on with the log behind it.
    public override LogIndex Pinned => _snapshot.Index.Next;

    public override bool HasNews => _file is null && _view!.IsSettled(_wish);

    public override ServingStep Step(
        LogExtent extent, long heldBytesMax, scoped ref TransferHeader header, out ReadOnlySpan<byte> body)
    {
        body = default;
        StepBytes = 0;
        if (_file is null)
        {
            if (!HasNews)
                return ServingStep.Waiting;
            _snapshot = _view!.Newest ?? _snapshot;
            Open();
        }
        header = header with
        {
            First = _snapshot.Index,
            Until = _snapshot.Index,
            Length = _snapshot.LengthBytes,
            Position = _position,
        };
        if (IsComplete)
            return ServingStep.End;
        int wanted = (int)Math.Min(_piece.Length, _snapshot.LengthBytes - _position);
        int read = _file!.Read(_position, _piece.AsSpan(0, wanted));
        if (read < wanted)
            throw new IOException($"the snapshot ends at {_position + read} instead of {_snapshot.LengthBytes}");
        body = _piece.AsSpan(0, read);
        _position += read;
        StepBytes = read;
        header = header with { Count = 1, Chain = Crc32C.Compute(body) };
        return ServingStep.Chunk;
    }

    public override void End() => _file?.Dispose();

    private void Open()
    {
        _file = _storage.Open(_snapshot.Name, writable: false);
        _piece = new byte[(int)Math.Min(_chunkBytes, _snapshot.LengthBytes)];
    }
}
