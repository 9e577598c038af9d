using System.Buffers;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Old contents of entries that were overwritten or removed before a snapshot came to them, as they will stand in its
/// next pieces. Copied into buffers that are used again: kept as objects, they would cost the garbage collector more
/// than the copy costs here.
/// </summary>
/// <param name="bytesMax">Most bytes that may wait; one entry may be longer.</param>
internal sealed class KvDisplaced(long bytesMax)
{
    // Long enough that the garbage collector never moves one.
    private const int BufferBytes = 256 << 10;

    private readonly Queue<ArrayBufferWriter<byte>> _waiting = new();
    private readonly Stack<ArrayBufferWriter<byte>> _free = new();
    private ArrayBufferWriter<byte>? _last;
    private long _bytes;

    /// <summary>Whether more wanted to wait than may: then nothing more is kept.</summary>
    public bool IsOverrun { get; private set; }

    /// <summary>Whether half of what may wait does so.</summary>
    public bool IsPressed => _bytes > bytesMax / 2;

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Keeps an entry as it is.</summary>
    /// <param name="key">Copied.</param>
    /// <param name="value">Copied.</param>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (IsOverrun)
            return;
        int bytes = KvPieces.LengthOf(key, value);
        if (_bytes + bytes > bytesMax && _bytes > 0)
        {
            IsOverrun = true;
            _waiting.Clear();
            _free.Clear();
            return;
        }
        _bytes += bytes;
        if (_last is null || _last.WrittenCount + bytes > BufferBytes)
        {
            _last = _free.TryPop(out ArrayBufferWriter<byte>? free) ? free : new ArrayBufferWriter<byte>(BufferBytes);
            _waiting.Enqueue(_last);
        }
        KvPieces.Write(_last, key, value);
    }

    /// <summary>Moves entries into a piece until that has some length.</summary>
    /// <param name="piece">Where they go.</param>
    /// <param name="length">Length of the piece.</param>
    /// <param name="lengthMax">A buffer that begins before this limit is still taken whole.</param>
    public void MoveTo(IBufferWriter<byte> piece, ref int length, int lengthMax)
    {
        while (length < lengthMax && _waiting.TryDequeue(out ArrayBufferWriter<byte>? buffer))
        {
            piece.Write(buffer.WrittenSpan);
            length += buffer.WrittenCount;
            _bytes -= buffer.WrittenCount;
            if (buffer == _last)
                _last = null;
            buffer.ResetWrittenCount();
            // One that has grown for a single long entry is not worth keeping.
            if (buffer.Capacity <= BufferBytes)
                _free.Push(buffer);
        }
        Check.That(_bytes >= 0 || IsOverrun, "what waits is counted");
    }
}
