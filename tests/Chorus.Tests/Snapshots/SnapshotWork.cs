using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Tests.Snapshots;

/// <summary>Snapshots of some index, written and read back.</summary>
internal static class SnapshotWork
{
    public static readonly Guid Cluster = new("5a905407-0000-4000-8000-000000000001");

    public static SnapshotHeader Header(ulong index, ulong term = 3) => new()
    {
        ClusterId = Cluster,
        Last = new RecordHeader(0, new LogIndex(index), new Term(term), 0xC4A1, 1_700_000_000_000_000, RecordKind.NoOp),
        Maker = 99,
        Configuration = new ConfigurationEntry(
            new LogIndex(Math.Min(2, index)),
            new Configuration([new Member(new NodeId("n1"), 7, MemberKind.Voter, "h:1", "h:2")])),
        StateBase = "preload 10,20",
    };

    /// <summary>Writes a snapshot of pieces that were made up.</summary>
    public static SnapshotInfo Write(IStorage storage, ulong index, params ReadOnlySpan<byte[]> pieces)
    {
        using SnapshotWriter writer = SnapshotWriter.Begin(storage, Header(index));
        foreach (byte[] piece in pieces)
            writer.Add(SnapshotSection.State, piece);
        return writer.Finish(digest: 0xD1);
    }

    /// <summary>Takes what is left of a state's snapshot.</summary>
    public static void TakeAll(IStateSnapshot snapshot, List<byte[]> pieces, int bytesMax = 100)
    {
        while (TakeOne(snapshot, pieces, bytesMax))
        {
        }
    }

    /// <summary>Takes the next piece of a state's snapshot.</summary>
    public static bool TakeOne(IStateSnapshot snapshot, List<byte[]> pieces, int bytesMax = 100)
    {
        var piece = new ArrayBufferWriter<byte>();
        bool more = snapshot.TryWrite(piece, bytesMax);
        if (piece.WrittenCount > 0)
            pieces.Add(piece.WrittenSpan.ToArray());
        return more;
    }

    /// <summary>Writes pieces to a file and has a state restored from it.</summary>
    public static void Restore(
        IStateMachine machine, ulong index, ulong digest, IEnumerable<byte[]> pieces, SessionTable? sessions = null)
    {
        var storage = new MemoryStorage();
        SnapshotInfo info;
        using (SnapshotWriter writer = SnapshotWriter.Begin(storage, Header(index)))
        {
            var encoded = new ArrayBufferWriter<byte>();
            sessions?.Encode(encoded);
            writer.Add(SnapshotSection.Sessions, encoded.WrittenSpan);
            foreach (byte[] piece in pieces)
                writer.Add(SnapshotSection.State, piece);
            info = writer.Finish(digest);
        }
        using SnapshotReader reader = SnapshotReader.Open(storage, info.Name);
        machine.Restore(info.Index, new SnapshotRestore(reader));
    }
}
