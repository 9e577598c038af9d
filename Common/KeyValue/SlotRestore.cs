using System.Collections;
using Chorus.Common.Replica;
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
    /// <returns>Keys that have a value, the digest, and the sessions of clients.</returns>
    /// <exception cref="Log.LogCorruptionException">The snapshot does not fit.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static (long Count, ulong Digest, SessionTable Sessions) Run(
        SlotFile file, LogIndex index, SnapshotRestore snapshot)
    {
        Mark(file, LogIndex.Zero, 0, 0, default);
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
        SessionTable sessions = SessionTable.Of(snapshot);
        Clear(file, written);
        Mark(file, index, count, digest, snapshot.Sessions);
        return (count, digest, sessions);
    }

    /// <summary>Clears a file of which nothing counts.</summary>
    public static void Clear(SlotFile file)
    {
        if (!file.IsEmpty)
            Clear(file, new BitArray((int)file.Geometry.Slots));
    }

    private static void Clear(SlotFile file, BitArray kept)
    {
        for (int key = 0; key < kept.Length; key++)
        {
            if (!kept[key])
                file.Clear(key);
        }
        file.Sync();
    }

    // A checkpoint that changes no slot: they are durable already, or do not count.
    private static void Mark(
        SlotFile file, LogIndex index, long count, ulong digest, ReadOnlyMemory<byte> sessions)
    {
        var checkpoint = new SlotCheckpoint(file, file.Next(index, count, digest), new SlotChanges(), sessions);
        checkpoint.Write();
        checkpoint.Sync();
    }
}
