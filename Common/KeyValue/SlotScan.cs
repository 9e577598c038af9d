using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>What all slots of a file hold together; every one of them is read and verified.</summary>
/// <param name="Count">Keys with a value.</param>
/// <param name="Digest">Sum of their hashes: the digest of the state.</param>
/// <param name="Newest">Newest entry that wrote one of them.</param>
/// <param name="Damaged">Keys whose slot is not what was written.</param>
public sealed record SlotScan(long Count, ulong Digest, LogIndex Newest, IReadOnlySet<long> Damaged)
{
    // A loss of power tears at most what was written since the last checkpoint, which is far less.
    private const int DamagedMax = 1 << 20;
    private const int PieceBytes = 1 << 20;

    /// <summary>Reads a file.</summary>
    /// <exception cref="LogCorruptionException">So much is damaged that no crash explains it.</exception>
    public static SlotScan Run(SlotFile file)
    {
        if (file.IsEmpty)
            return new SlotScan(0, 0, LogIndex.Zero, new HashSet<long>());
        SlotGeometry geometry = file.Geometry;
        byte[] piece = new byte[Math.Max(1, PieceBytes / geometry.SlotBytes) * geometry.SlotBytes];
        long count = 0;
        ulong digest = 0;
        LogIndex newest = LogIndex.Zero;
        HashSet<long> damaged = [];
        for (long key = 0; key < geometry.Slots;)
        {
            int read = file.ReadImage(key * geometry.SlotBytes, piece);
            if (read < geometry.SlotBytes)
                throw file.Damaged("it was cut while it was read");
            for (int at = 0; at + geometry.SlotBytes <= read; at += geometry.SlotBytes, key++)
            {
                SlotHeader header = SlotCodec.Decode(piece.AsSpan(at), key, geometry.ValueBytesMax);
                if (header.Kind == SlotKind.Damaged)
                {
                    damaged.Add(key);
                    if (damaged.Count > DamagedMax)
                        throw file.Damaged($"more than {DamagedMax} slots do not hold what was written to them");
                    continue;
                }
                count += header.Kind == SlotKind.Value ? 1 : 0;
                digest += header.Hash;
                newest = LogIndex.Max(newest, header.Index);
            }
        }
        return new SlotScan(count, digest, newest, damaged);
    }
}
