namespace Chorus.Common.KeyValue;

/// <summary>Finds the places of entries by the hashes of their keys.</summary>
/// <remarks>
/// Open addressing with linear probing: a slot is 32 bits of the hash beside the place, so that a search looks at one
/// line of memory, and seldom at an entry that it is not for. The slots are in many parts that grow one by one: growth
/// moves one part, and nobody waits for more.
/// </remarks>
internal sealed class KvStateMachineIndex
{
    private const int PartBits = 8;
    private const int SlotsMin = 8;

    // One slot that is free, so that a search in a part that has nothing needs no rule of its own.
    private static readonly ulong[] Nothing = new ulong[1];

    private readonly Part[] _parts = new Part[1 << PartBits];

    public KvStateMachineIndex() => Clear();

    /// <summary>Begins to look for the places that keys of some hash may have.</summary>
    public Search Begin(ulong hash) => new(PartOf(hash).Slots, TagOf(hash));

    /// <summary>The slot at which the search for a hash begins.</summary>
    public ref readonly ulong SlotOf(ulong hash)
    {
        ulong[] slots = PartOf(hash).Slots;
        return ref slots[TagOf(hash) & (uint)(slots.Length - 1)];
    }

    /// <summary>Adds a place that is not in it.</summary>
    public void Add(ulong hash, int place)
    {
        ref Part part = ref PartOf(hash);
        if (3L * (part.Count + 1) > 2L * part.Slots.Length)
            part.Slots = Grown(part.Slots);
        Put(part.Slots, Slot(TagOf(hash), place));
        part.Count++;
    }

    /// <summary>Removes a place that is in it.</summary>
    public void Remove(ulong hash, int place)
    {
        ref Part part = ref PartOf(hash);
        ulong[] slots = part.Slots;
        int mask = slots.Length - 1;
        ulong wanted = Slot(TagOf(hash), place);
        int hole = (int)(TagOf(hash) & (uint)mask);
        while (slots[hole] != wanted)
            hole = (hole + 1) & mask;
        // Who stands behind it moves up, unless that would bring it before the slot at which its search begins.
        for (int next = (hole + 1) & mask; slots[next] != 0; next = (next + 1) & mask)
        {
            int first = (int)(slots[next] >> 32) & mask;
            if (((next - first) & mask) < ((next - hole) & mask))
                continue;
            slots[hole] = slots[next];
            hole = next;
        }
        slots[hole] = 0;
        part.Count--;
    }

    /// <summary>Removes all.</summary>
    public void Clear() => Array.Fill(_parts, new Part { Slots = Nothing });

    private ref Part PartOf(ulong hash) => ref _parts[hash >> (64 - PartBits)];

    private static uint TagOf(ulong hash) => (uint)hash;

    // 0 is a free slot.
    private static ulong Slot(uint tag, int place) => (ulong)tag << 32 | (uint)(place + 1);

    private static ulong[] Grown(ulong[] slots)
    {
        var grown = new ulong[Math.Max(SlotsMin, 2 * slots.Length)];
        foreach (ulong slot in slots)
        {
            if (slot != 0)
                Put(grown, slot);
        }
        return grown;
    }

    private static void Put(ulong[] slots, ulong slot)
    {
        int mask = slots.Length - 1;
        int at = (int)(slot >> 32) & mask;
        while (slots[at] != 0)
            at = (at + 1) & mask;
        slots[at] = slot;
    }

    /// <summary>Goes through the places that keys of one hash may have.</summary>
    /// <param name="slots">Slots of the part that the hash belongs to.</param>
    /// <param name="tag">The bits of it that stand in a slot.</param>
    public ref struct Search(ulong[] slots, uint tag)
    {
        private int _at = (int)(tag & (uint)(slots.Length - 1));

        /// <summary>The next place.</summary>
        /// <returns>False when there are no more.</returns>
        public bool TryNext(out int place)
        {
            while (true)
            {
                ulong slot = slots[_at];
                _at = (_at + 1) & (slots.Length - 1);
                place = (int)(uint)slot - 1;
                if (slot == 0)
                    return false;
                if ((uint)(slot >> 32) == tag)
                    return true;
            }
        }
    }

    private struct Part
    {
        public ulong[] Slots;
        public int Count;
    }
}
