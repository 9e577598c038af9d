using System.Diagnostics.CodeAnalysis;

namespace Chorus.Common.Client;

/// <summary>
/// Sent operations by the id of their request: a slot below, a count of sends above, so that a late answer to
/// an earlier send is told from an answer to this one.
/// </summary>
internal sealed class SlotTable
{
    internal const int SlotBits = 20;

    /// <summary>
    /// A slot that is never given out: ids with it belong to questions of the client itself.
    /// </summary>
    internal const ulong ReservedSlot = (1 << SlotBits) - 1;

    private const int GrowthMin = 64;

    private readonly int _slotsMax;
    private Operation?[] _slots = new Operation?[GrowthMin];
    private readonly Stack<int> _free = new();
    private int _used;
    private ulong _sends;

    internal SlotTable(int slotsMax) => _slotsMax = Math.Clamp(slotsMax, 1, (int)ReservedSlot);

    internal bool IsFull => _free.Count == 0 && _used == _slotsMax;

    internal void Add(Operation operation)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _used++;
            if (slot == _slots.Length)
                Array.Resize(ref _slots, slot * 2);
        }

        _slots[slot] = operation;
        operation.Id = (++_sends << SlotBits) | (uint)slot;
    }

    internal void Remove(Operation operation)
    {
        int slot = (int)(operation.Id & ReservedSlot);
        _slots[slot] = null;
        _free.Push(slot);
    }

    internal bool TryGet(ulong id, [NotNullWhen(true)] out Operation? operation)
    {
        int slot = (int)(id & ReservedSlot);
        operation = slot < _slots.Length ? _slots[slot] : null;
        return operation is not null && operation.Id == id;
    }
}
