using System.Buffers;
using Chorus.Common.Snapshots;

namespace Chorus.Common.KeyValue;

/// <summary>
/// A store as it was when this was begun. Goes through the places in order; who changes an entry that it has not come
/// to hands it the old contents first.
/// </summary>
/// <remarks>
/// Every entry bears the number of the last snapshot that has it, or that it came too late for. So each is handed out
/// once, in its old shape, and no copy of the whole is ever made.
/// </remarks>
internal sealed class KvStateMachineSnapshot(
    KvStateMachineTable table, uint number, ulong digest, long displacedBytesMax, Action ended) : IStateSnapshot
{
    // Empty places cost time, too.
    private const int PlacesPerPieceMax = 32 << 10;

    private readonly int _until = table.PlacesUntil;
    private readonly KvDisplaced _displaced = new(displacedBytesMax);
    private int _next;

    /// <inheritdoc/>
    public ulong Digest => digest;

    /// <inheritdoc/>
    public bool IsLost => _displaced.IsOverrun;

    /// <inheritdoc/>
    public bool IsPressed => _displaced.IsPressed;

    /// <summary>An entry is about to change, or has just been made.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="isNew">Whether it was made since the snapshot began.</param>
    public void BeforeChange(int place, bool isNew)
    {
        if (place < _next || place >= _until)
            return;
        ref KvStateMachineTable.Entry entry = ref table.At(place);
        if (entry.SnapshotNumber == number)
            return;
        entry.SnapshotNumber = number;
        if (!isNew)
            _displaced.Add(table.KeyAt(place), table.ValueAt(place));
    }

    /// <inheritdoc/>
    public bool TryWrite(IBufferWriter<byte> piece, int bytesMax)
    {
        int length = 0;
        _displaced.MoveTo(piece, ref length, bytesMax);
        int placesUntil = (int)Math.Min(_until, (long)_next + PlacesPerPieceMax);
        for (; length < bytesMax && _next < placesUntil; _next++)
        {
            ref KvStateMachineTable.Entry entry = ref table.At(_next);
            if (!entry.IsTaken || entry.SnapshotNumber == number)
                continue;
            ReadOnlySpan<byte> key = table.KeyAt(_next);
            ReadOnlySpan<byte> value = table.ValueAt(_next);
            KvPieces.Write(piece, key, value);
            length += KvPieces.LengthOf(key, value);
        }
        return length > 0 || _next < _until || !_displaced.IsEmpty;
    }

    /// <inheritdoc/>
    public void Dispose() => ended();
}
