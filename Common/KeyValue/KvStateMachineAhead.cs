namespace Chorus.Common.KeyValue;

/// <summary>
/// Brings entries close to the processor before they are asked for. Finding one of a million waits for memory three
/// times: for a slot, the entry that it names, and that one's bytes. Keys that are known some commands ahead go through
/// the same three steps, each a few commands behind the one before, and nobody waits.
/// </summary>
/// <remarks>It is a hint: what has changed meanwhile costs time, and nothing else.</remarks>
internal sealed class KvStateMachineAhead(KvStateMachineTable table, KvStateMachineIndex index)
{
    private const int StepDistance = 8;
    private const int RingLength = 4 * StepDistance;

    private readonly ulong[] _hashes = new ulong[RingLength];
    private readonly int[] _places = new int[RingLength];
    private int _next;

    /// <summary>How many commands ahead a key should be told, so that all steps are over in time.</summary>
    public const int Distance = 3 * StepDistance;

    /// <summary>A key will be looked for soon.</summary>
    /// <param name="hash">Its hash.</param>
    public void Expect(ulong hash)
    {
        int first = _next;
        _next = (_next + 1) % RingLength;
        _hashes[first] = hash;
        Prefetch.From(in index.SlotOf(hash));

        int second = Behind(first, StepDistance);
        KvStateMachineIndex.Search search = index.Begin(_hashes[second]);
        _places[second] = search.TryNext(out int place) ? place : -1;
        if (place >= 0)
            Prefetch.From(in table.At(place));

        int third = Behind(first, 2 * StepDistance);
        if (_places[third] >= 0 && _places[third] < table.PlacesUntil)
            Prefetch.From(in table.FirstAt(_places[third]));
    }

    private static int Behind(int at, int distance) => (at + RingLength - distance) % RingLength;
}
