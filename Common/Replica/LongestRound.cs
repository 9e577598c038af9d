namespace Chorus.Common.Replica;

/// <summary>
/// Longest time that the loop has spent in one round lately: nobody is answered meanwhile. Looks back ten to twenty
/// seconds, so that an old pause does not hide what happens now.
/// </summary>
public sealed class LongestRound
{
    private const long SlotMicros = 10_000_000;

    private long _slot;
    private long _inSlot;
    private long _inSlotBefore;

    /// <summary>The longest one, in microseconds; as of the last round.</summary>
    public long Micros => Math.Max(_inSlot, _inSlotBefore);

    /// <summary>A round has ended.</summary>
    /// <param name="beganMicros">Monotonic time at its beginning.</param>
    /// <param name="endedMicros">Monotonic time at its end.</param>
    public void Note(long beganMicros, long endedMicros)
    {
        long slot = endedMicros / SlotMicros;
        if (slot != _slot)
        {
            _inSlotBefore = slot == _slot + 1 ? _inSlot : 0;
            (_slot, _inSlot) = (slot, 0);
        }
        _inSlot = Math.Max(_inSlot, endedMicros - beganMicros);
    }
}
