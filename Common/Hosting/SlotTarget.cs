using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>Loads the slots of an image into a store.</summary>
/// <param name="store">Starts empty; defers its digest meanwhile.</param>
/// <param name="geometry">Shape of the file.</param>
public sealed class SlotTarget(KvStateMachine store, SlotGeometry geometry) : IChunkTarget
{
    private readonly ulong[] _written = new ulong[geometry.Slots];

    /// <summary>Bytes of all pieces.</summary>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="ChorusException">A slot is not what was written.</exception>
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
            if (header.Kind == SlotKind.Damaged)
            {
                throw new ChorusException(
                    ExitCodes.Corruption, "corruption", $"the slot of key {key} in the image is damaged",
                    "Get the state from the log, or the image from another replica");
            }
            if (header.Kind == SlotKind.Value)
                store.Load(SlotGeometry.KeyText(key, text), slots.Slice(SlotHeader.SizeBytes, header.Length));
            _written[key] = header.Index.Value;
        }
    }

    /// <summary>
    /// Whether a command has had its effect on the slot that was loaded: a copy of a file that changes meanwhile holds
    /// slots that are newer than others, and what is relative must not be done twice.
    /// </summary>
    /// <param name="index">Where the command stands in the log.</param>
    /// <param name="command">The command.</param>
    public bool Holds(LogIndex index, ReadOnlySpan<byte> command) =>
        KvCommandView.TryRead(command, out KvCommandView view) && geometry.TryParseKey(view.Key, out long key)
        && index.Value <= _written[key];

    /// <inheritdoc/>
    public void Settle() => store.DefersDigest = false;
}
