using System.Collections;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>Makes a file of slots hold the state of a snapshot, and nothing else.</summary>
/// <remarks>
/// First the file says, durably, that nothing of it counts; last, that the snapshot's index is applied. So a crash in
/// between leaves a file that is to be restored again.
/// </remarks>
internal static class SlotRestore
{
    /// <summary>Restores.</summary>
    /// <returns>Keys that have a value, and the digest.</returns>
    /// <exception cref="Log.LogCorruptionException">The snapshot does not fit.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static (long Count, ulong Digest) Run(SlotFile file, LogIndex index, SnapshotRestore snapshot)
    {
        file.WriteSuperblock(LogIndex.Zero, 0, 0);
        file.Sync();
        var written = new BitArray((int)file.Geometry.Slots);
        long count = 0;
        ulong digest = 0;
        while (snapshot.TryRead(out ReadOnlySpan<byte> piece))
        {
            while (piece.Length > 0)
            {
                if (!KvPieces.TryRead(ref piece, out ReadOnlySpan<byte> text, out ReadOnlySpan<byte> value)
                    || !file.Geometry.TryParseKey(text, out long key) || value.Length > file.Geometry.ValueBytesMax
                    || written[(int)key])
                    throw snapshot.Damage("a piece of it holds what fits no slot");
                ulong hash = SlotCodec.Hash(key, value);
                file.WriteValue(key, index, value, hash);
                written[(int)key] = true;
                count++;
                digest += hash;
            }
        }
        if (digest != snapshot.Digest)
            throw snapshot.Damage($"the digest of its state is {digest:x16}, and was {snapshot.Digest:x16}");
        Empty(file, written);
        file.Sync();
        file.WriteSuperblock(index, count, digest);
        file.Sync();
        return (count, digest);
    }

    private static void Empty(SlotFile file, BitArray written)
    {
        byte[] zeros = new byte[SlotHeader.SizeBytes];
        for (int key = 0; key < written.Length; key++)
        {
            if (!written[key] && file.ReadHeader(key).Kind != SlotKind.Empty)
                file.WriteImage((long)key * file.Geometry.SlotBytes, zeros);
        }
    }
}
