using System.Buffers;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Old contents of entries that were overwritten or removed before a snapshot came to them. They leave with its next
/// pieces.
/// </summary>
/// <param name="bytesMax">Most bytes that may wait, what keeping an entry costs included; one entry may be
/// longer.</param>
internal sealed class KvDisplaced(long bytesMax)
{
    private const int EntryCostBytes = 128;

    private readonly Queue<(byte[] Key, byte[] Buffer, int Length)> _waiting = new();
    private long _bytes;

    /// <summary>Whether more wanted to wait than may: then nothing more is kept.</summary>
    public bool IsOverrun { get; private set; }

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Keeps an entry as it is.</summary>
    /// <param name="key">Not changed by anybody.</param>
    /// <param name="buffer">Begins with the value; not changed by anybody from now on.</param>
    /// <param name="length">Length of the value.</param>
    public void Add(byte[] key, byte[] buffer, int length)
    {
        if (IsOverrun)
            return;
        long bytes = CostOf(key, buffer);
        if (_bytes + bytes > bytesMax && _waiting.Count > 0)
        {
            IsOverrun = true;
            _waiting.Clear();
            return;
        }
        _bytes += bytes;
        _waiting.Enqueue((key, buffer, length));
    }

    /// <summary>Moves entries into a piece until that has some length.</summary>
    /// <param name="piece">Where they go.</param>
    /// <param name="length">Length of the piece.</param>
    /// <param name="lengthMax">An entry that begins before this limit is still taken whole.</param>
    public void MoveTo(IBufferWriter<byte> piece, ref int length, int lengthMax)
    {
        while (length < lengthMax && _waiting.TryDequeue(out var entry))
        {
            _bytes -= CostOf(entry.Key, entry.Buffer);
            ReadOnlySpan<byte> value = entry.Buffer.AsSpan(0, entry.Length);
            KvPieces.Write(piece, entry.Key, value);
            length += KvPieces.LengthOf(entry.Key, value);
        }
        Check.That(_bytes >= 0 || IsOverrun, "what waits is counted");
    }

    private static long CostOf(byte[] key, byte[] buffer) => EntryCostBytes + key.Length + buffer.Length;
}
