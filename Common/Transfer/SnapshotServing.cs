using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// The file of a snapshot, byte by byte. What is in it never changes; where a newer one has taken its place meanwhile,
/// it is sent to its end all the same. One that is being taken is sent as far as it is written.
/// </summary>
internal sealed class SnapshotServing : Serving
{
    private readonly IStorage _storage;
    private readonly SnapshotView _view;
    private readonly byte[] _piece;
    private readonly bool _takesGrowing;
    private readonly int? _wish;
    private SnapshotInfo? _snapshot;
    private SnapshotUnderWay? _underWay;
    private IStorageFile? _file;
    private long _position;
    private LogIndex _index;

    /// <param name="storage">The data directory.</param>
    /// <param name="view">Where newer ones show themselves.</param>
    /// <param name="snapshot">The one for which the request was admitted.</param>
    /// <param name="open">What is wanted.</param>
    /// <param name="chunkBytes">Most bytes of a chunk.</param>
    public SnapshotServing(
        IStorage storage, SnapshotView view, SnapshotInfo snapshot, in TransferHeader open, int chunkBytes)
    {
        (_storage, _view, _piece) = (storage, view, new byte[chunkBytes]);
        (_position, _takesGrowing, _index) = (open.Position, open.IsGrowingTaken, snapshot.Index);
        if (open.IsNewerWanted && open.Position == 0)
            _wish = view.TryWant();
        if (_wish is null)
            Open(snapshot);
    }

    public override LogIndex Position => _index;

    public override bool IsComplete => _position >= _snapshot?.LengthBytes;

    // Whoever installs it goes on with the log behind it.
    public override LogIndex Pinned => _index.Next;

    public override bool HasNews => _snapshot is null && (_underWay ?? UnderWay) switch
    {
        null => _view.IsSettled(_wish!.Value),
        var one => one.IsAbandoned || one.Finished is not null || one.WrittenBytes > _position,
    };

    private SnapshotUnderWay? UnderWay => _takesGrowing ? _view.UnderWay : null;

    public override ServingStep Step(
        LogExtent extent, long heldBytesMax, scoped ref TransferHeader header, out ReadOnlySpan<byte> body)
    {
        body = default;
        StepBytes = 0;
        if (_snapshot is null && !TryBegin(extent, out ServingStep instead))
            return instead;
        header = header with
        {
            First = _index,
            Until = _index,
            Length = _snapshot?.LengthBytes ?? 0,
            Position = _position,
        };
        if (IsComplete)
            return ServingStep.End;
        long there = _snapshot?.LengthBytes ?? _underWay!.WrittenBytes;
        int wanted = (int)Math.Min(_piece.Length, there - _position);
        if (wanted == 0)
            return ServingStep.Waiting;
        int read = _file!.Read(_position, _piece.AsSpan(0, wanted));
        if (read < wanted)
            throw new IOException($"the snapshot ends at {_position + read} instead of {there}");
        body = _piece.AsSpan(0, read);
        _position += read;
        StepBytes = read;
        header = header with { Count = 1, Chain = Crc32C.Compute(body) };
        return ServingStep.Chunk;
    }

    public override void End() => _file?.Dispose();

    // Where it is not finished: finds out what is to be sent, and how far that has got.
    private bool TryBegin(LogExtent extent, out ServingStep instead)
    {
        instead = ServingStep.Waiting;
        if (!HasNews)
            return false;
        _underWay ??= UnderWay;
        if (_underWay is null)
        {
            Open(_view.Newest!);
            return true;
        }
        _index = _underWay.Header.Index;
        _file ??= TryOpen(_underWay);
        if (_file is null || _underWay.IsAbandoned)
        {
            Refusal = Refusal.SnapshotGivenUp(extent);
            instead = ServingStep.Refused;
            return false;
        }
        if (_underWay.Finished is not { } finished)
            return true;
        _snapshot = finished;
        return true;
    }

    // Its temporary name belongs to the next one once it is finished or given up, and only then. From the renaming on,
    // which is before it is finished, it has its own.
    private IStorageFile? TryOpen(SnapshotUnderWay underWay)
    {
        IStorageFile? file = underWay.Finished is null ? TryOpen(SnapshotNames.Temp) : null;
        if (file is not null && underWay.Finished is not null)
        {
            file.Dispose();
            file = null;
        }
        return file ?? TryOpen(SnapshotNames.Of(underWay.Header.Index));
    }

    private IStorageFile? TryOpen(string name)
    {
        try
        {
            return _storage.OpenSequential(name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private void Open(SnapshotInfo snapshot)
    {
        (_snapshot, _index) = (snapshot, snapshot.Index);
        _file = _storage.OpenSequential(snapshot.Name);
    }
}
