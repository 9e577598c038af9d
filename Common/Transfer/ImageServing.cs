using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// The state machine's file, slot by slot, while it is written to: what is all zeros is left out. Every chunk says in
/// its first index from where the log must be applied, the end up to where (trap 20).
/// </summary>
internal sealed class ImageServing : Serving
{
    // Holes are passed over quickly, but not without end.
    private const int ReadsPerStep = 4;

    private readonly IImageSource _image;
    private readonly LogIndex _from;
    private readonly byte[] _piece;
    private readonly long _length;
    private long _position;

    /// <param name="image">The file.</param>
    /// <param name="position">Offset from which on it is wanted.</param>
    /// <param name="chunkBytes">Most bytes of a chunk; one slot in any case.</param>
    public ImageServing(IImageSource image, long position, int chunkBytes)
    {
        _image = image;
        _position = position;
        _length = image.LengthBytes;
        // Before the first byte is read: whatever is applied later may or may not be in the copy.
        _from = image.AppliedIndex.Next;
        _piece = new byte[Math.Max(1, chunkBytes / image.SlotBytes) * image.SlotBytes];
    }

    public override LogIndex Position => _from;

    public override bool IsComplete => _position >= _length;

    // The receiver needs the log from here on, and asks for it while the copy goes on, or behind it.
    public override LogIndex Pinned => _from;

    public override ServingStep Step(
        LogExtent extent, long heldBytesMax, scoped ref TransferHeader header, out ReadOnlySpan<byte> body)
    {
        body = default;
        StepBytes = 0;
        header = header with { First = _from, Until = _from, Length = _length };
        for (int reads = 0; reads < ReadsPerStep && _position < _length; reads++)
        {
            int wanted = (int)Math.Min(_piece.Length, _length - _position);
            int read = _image.Read(_position, _piece.AsSpan(0, wanted));
            if (read < wanted)
                throw new IOException($"the file ends at {_position + read} instead of {_length}");
            StepBytes += read;
            long position = _position;
            _position += read;
            if (TryTrim(_piece.AsSpan(0, read), out int start, out int end))
            {
                body = _piece.AsSpan(start..end);
                int slots = (end - start + _image.SlotBytes - 1) / _image.SlotBytes;
                uint crc = Crc32C.Compute(body);
                header = header with { Position = position + start, Count = (uint)slots, Chain = crc };
                return ServingStep.Chunk;
            }
        }
        if (!IsComplete)
            return ServingStep.Working;
        // Behind the last read: no later write is in the copy.
        header = header with { Position = _length, Limit = Newest };
        return ServingStep.End;
    }

    private LogIndex Newest => LogIndex.Max(_image.NewestIndex, _from.Previous);

    // Whole slots from the first that is not all zeros to the last.
    private bool TryTrim(ReadOnlySpan<byte> piece, out int start, out int end)
    {
        int slot = _image.SlotBytes;
        start = piece.IndexOfAnyExcept((byte)0);
        end = piece.LastIndexOfAnyExcept((byte)0) + 1;
        if (start < 0)
            return false;
        start -= start % slot;
        end = Math.Min(piece.Length, (end + slot - 1) / slot * slot);
        return true;
    }
}
