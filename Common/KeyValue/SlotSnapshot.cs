using System.Buffers;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// A file of slots as it was when this was begun. Goes through the slots in order; a slot that it has not come to is
/// copied before it is overwritten. Afterwards it names a newer entry, by which it is known.
/// </summary>
/// <param name="file">Words for damage; its shape.</param>
/// <param name="slots">The slots; used by the thread that changes them.</param>
/// <param name="applied">Last index applied when it was begun; the state is exact there.</param>
/// <param name="digest">Digest of the state then.</param>
/// <param name="displacedBytesMax">Memory for copies.</param>
/// <param name="ended">Told when nobody needs it any more.</param>
internal sealed class SlotSnapshot(
    SlotFile file, SlotOverlay slots, LogIndex applied, ulong digest, long displacedBytesMax, Action ended)
    : IStateSnapshot
{
    // Slots without a value cost a read, too.
    private const int SlotsPerPieceMax = 4 << 10;

    private readonly KvDisplaced _displaced = new(displacedBytesMax);
    private long _next;

    /// <inheritdoc/>
    public ulong Digest => digest;

    /// <inheritdoc/>
    public bool IsLost => _displaced.IsOverrun;

    /// <inheritdoc/>
    public bool IsPressed => _displaced.IsPressed;

    /// <summary>A slot with a value is about to be overwritten.</summary>
    /// <param name="key">The slot.</param>
    /// <param name="written">The entry that wrote what stands there.</param>
    public void BeforeChange(long key, LogIndex written)
    {
        if (key < _next || written > applied || IsLost)
            return;
        if (slots.Read(key, out ReadOnlySpan<byte> value).Kind != SlotKind.Value)
            throw file.Damaged(key);
        Span<byte> text = stackalloc byte[20];
        _displaced.Add(SlotGeometry.KeyText(key, text), value);
    }

    /// <inheritdoc/>
    public bool TryWrite(IBufferWriter<byte> piece, int bytesMax)
    {
        Span<byte> text = stackalloc byte[20];
        int length = 0;
        _displaced.MoveTo(piece, ref length, bytesMax);
        long until = Math.Min(file.Geometry.Slots, _next + SlotsPerPieceMax);
        for (; length < bytesMax && _next < until; _next++)
        {
            SlotHeader header = slots.Read(_next, out ReadOnlySpan<byte> value);
            if (header.Kind == SlotKind.Damaged)
                throw file.Damaged(_next);
            if (header.Kind != SlotKind.Value || header.Index > applied)
                continue;
            ReadOnlySpan<byte> key = SlotGeometry.KeyText(_next, text);
            KvPieces.Write(piece, key, value);
            length += KvPieces.LengthOf(key, value);
        }
        return length > 0 || _next < file.Geometry.Slots || !_displaced.IsEmpty;
    }

    /// <inheritdoc/>
    public void Dispose() => ended();
}
