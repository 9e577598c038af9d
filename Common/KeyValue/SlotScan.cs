using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>What all slots of a file hold together; every one of them is read and verified.</summary>
/// <param name="Count">Keys with a value.</param>
/// <param name="Digest">Sum of their hashes: the digest of the state.</param>
/// <param name="Newest">Newest entry that wrote one of them.</param>
public sealed record SlotScan(long Count, ulong Digest, LogIndex Newest)
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Reads a file.</summary>
    /// <exception cref="LogCorruptionException">A slot is not what was written.</exception>
    public static SlotScan Run(SlotFile file)
    {
        SlotGeometry geometry = file.Geometry;
        byte[] piece = new byte[Math.Max(1, PieceBytes / geometry.SlotBytes) * geometry.SlotBytes];
        long count = 0;
        ulong digest = 0;
        LogIndex newest = LogIndex.Zero;
        for (long key = 0; key < geometry.Slots;)
        {
            int read = file.ReadImage(key * geometry.SlotBytes, piece);
            if (read < geometry.SlotBytes)
                throw file.Damaged("it was cut while it was read");
            for (int at = 0; at + geometry.SlotBytes <= read; at += geometry.SlotBytes, key++)
            {
                SlotHeader header = SlotCodec.Decode(piece.AsSpan(at), key, geometry.ValueBytesMax);
                if (header.Kind == SlotKind.Damaged)
                    throw file.Damaged(key);
                count += header.Kind == SlotKind.Value ? 1 : 0;
                digest += header.Hash;
                newest = LogIndex.Max(newest, header.Index);
            }
        }
        return new SlotScan(count, digest, newest);
    }
}
