using System.Text;
using Chorus.Common.KeyValue;
using Chorus.Common.Transfer;

namespace Chorus.Common.Hosting;

/// <summary>Loads the slots of an image into a store.</summary>
/// <param name="store">Starts empty; defers its digest meanwhile.</param>
/// <param name="geometry">Shape of the file.</param>
public sealed class SlotTarget(KvStateMachine store, SlotGeometry geometry) : IChunkTarget
{
    // A copy meets a slot that is just being written; a file full of torn ones is damaged.
    private const int TornMax = 10_000;

    /// <summary>
    /// Keys whose slots were being written when they were copied: the log behind the image writes them again.
    /// </summary>
    public HashSet<string> Torn { get; } = [];

    /// <summary>Bytes of all pieces.</summary>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="ChorusException">Too many slots are not what was written.</exception>
    public void Install(FetchedRecords chunk)
    {
        store.DefersDigest = true;
        Span<byte> text = stackalloc byte[20];
        ReadOnlySpan<byte> slots = chunk.Bytes;
        Bytes += slots.Length;
        long key = chunk.Offset / geometry.SlotBytes;
        for (; slots.Length >= geometry.SlotBytes; slots = slots[geometry.SlotBytes..], key++)
        {
            SlotHeader header = SlotCodec.Decode(slots[..geometry.SlotBytes], key, geometry.ValueBytesMax);
            if (header.Kind == SlotKind.Value)
                store.Load(SlotGeometry.KeyText(key, text), slots.Slice(SlotHeader.SizeBytes, header.Length));
            else if (header.Kind == SlotKind.Damaged)
                Torn.Add(Encoding.UTF8.GetString(SlotGeometry.KeyText(key, text)));
        }
        if (Torn.Count > TornMax)
        {
            throw new ChorusException(
                ExitCodes.Corruption, "corruption", $"more than {TornMax} slots of the image are damaged",
                "Get the image from another replica");
        }
    }

    /// <inheritdoc/>
    public void Settle() => store.DefersDigest = false;
}
