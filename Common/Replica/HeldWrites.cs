using Chorus.Common.Log;

namespace Chorus.Common.Replica;

/// <summary>
/// Writes that wait while the leadership is handed over: then they go into this node's log after all, or their clients
/// are sent to the next leader.
/// </summary>
/// <param name="bytesMax">Most bytes of commands that wait.</param>
internal sealed class HeldWrites(long bytesMax)
{
    private readonly Queue<(ReplyTarget Target, SessionEnvelope Envelope, byte[] Command)> _writes = new();
    private long _bytes;

    /// <summary>Writes that wait.</summary>
    public int Count => _writes.Count;

    /// <summary>Since when the oldest one waits, on the monotonic clock.</summary>
    public long SinceMicros { get; private set; }

    /// <summary>Keeps a copy of a write; false when there is no room.</summary>
    public bool TryAdd(
        in ReplyTarget target, in SessionEnvelope envelope, ReadOnlySpan<byte> command, long nowMicros)
    {
        if (_bytes + command.Length > bytesMax)
            return false;
        if (_writes.Count == 0)
            SinceMicros = nowMicros;
        _bytes += command.Length;
        _writes.Enqueue((target, envelope, command.ToArray()));
        return true;
    }

    /// <summary>Takes the oldest write.</summary>
    public bool TryTake(out ReplyTarget target, out SessionEnvelope envelope, out byte[] command)
    {
        bool any = _writes.TryDequeue(out var write);
        (target, envelope, command) = write;
        _bytes -= any ? command.Length : 0;
        return any;
    }
}
