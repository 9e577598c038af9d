using System.Buffers;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Backup;

/// <summary>
/// Makes the data directory of the first node of a new cluster out of a state: a snapshot whose only member is that
/// node. The cluster has another id than the one that the state comes from, so that no member, observer or client of
/// the old one takes it for that one.
/// </summary>
public static class RestoredDirectory
{
    private const string UnfinishedSuffix = ".unfinished";
    private const int PieceBytes = 256 << 10;

    /// <summary>Makes it. It appears under its name only once all of it is durable.</summary>
    /// <param name="path">A new or an empty directory.</param>
    /// <param name="founder">The node that is to start from it: name and addresses.</param>
    /// <param name="state">What the cluster begins with.</param>
    /// <returns>The new cluster's id.</returns>
    /// <exception cref="ChorusException">There is something, or it cannot be written.</exception>
    public static Guid Create(string path, Member founder, ReplayedState state)
    {
        DataDirectoryWriter.RefuseUsed(path, "-data");
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string unfinished = full + UnfinishedSuffix;
        DataDirectoryWriter.RefuseUsed(unfinished, "-data");
        var clusterId = Guid.NewGuid();
        using (NodeDirectory directory = NodeDirectory.Open(unfinished, founder.Id.Value))
        {
            directory.SetCluster(clusterId, state.StateBase, isFounder: false);
            Member voter = founder with { Incarnation = directory.Incarnation, Kind = MemberKind.Voter };
            var header = new SnapshotHeader
            {
                ClusterId = clusterId,
                Last = SnapshotHeader.Mark(state.Last),
                Maker = directory.Incarnation,
                Configuration = new ConfigurationEntry(state.Last.Index, new Configuration([voter])),
                StateBase = state.StateBase,
            };
            Write(directory.Storage, header, state);
            using var log = new RecordLogFile(unfinished, directory.Storage, clusterId, header.Last);
            log.Complete();
        }
        if (Directory.Exists(full))
            Directory.Delete(full);
        Directory.Move(unfinished, full);
        new PosixStorage(Path.GetDirectoryName(full)!).SyncDirectory();
        return clusterId;
    }

    private static void Write(IStorage storage, SnapshotHeader header, ReplayedState state)
    {
        using SnapshotWriter writer = SnapshotWriter.Begin(storage, header);
        using IStateSnapshot entries = state.Store.BeginSnapshot();
        var piece = new ArrayBufferWriter<byte>();
        bool more = true;
        while (more)
        {
            piece.ResetWrittenCount();
            more = entries.TryWrite(piece, PieceBytes);
            if (piece.WrittenCount > 0)
                writer.Add(SnapshotSection.State, piece.WrittenSpan);
        }
        piece.ResetWrittenCount();
        state.Sessions.Encode(piece);
        if (piece.WrittenCount > 0)
            writer.Add(SnapshotSection.Sessions, piece.WrittenSpan);
        writer.Finish(entries.Digest);
    }
}
