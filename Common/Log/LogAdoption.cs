using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Whether a log that was found goes on behind the snapshot beside it. If it does not, it is older than the snapshot,
/// or of another leader, and nothing in it is worth anything: it is removed, and begins anew behind the snapshot (trap
/// 9).
/// </summary>
/// <remarks>
/// Done at the start only. The snapshot is durable before, so whatever a crash leaves of the log is judged the same way
/// the next time; segments go newest first, so that what is left never has a hole.
/// </remarks>
internal static class LogAdoption
{
    /// <summary>Whether a log holds the last record of a snapshot, or begins right behind it.</summary>
    public static bool Continues(LogRecovery recovery, in RecordHeader snapshot)
    {
        Term? there = new TermRuns(recovery.Entries, recovery.Base.Term).TermAt(snapshot.Index);
        return SnapshotMark.IsContinuedBy(snapshot.Term, there);
    }

    /// <summary>Removes the log, and begins anew behind the snapshot.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static LogRecovery BeginBehind(
        in RecordHeader snapshot, SegmentCatalog catalog, HardStateFile hardState, LogRecovery recovery)
    {
        // First: what is removed from here on is not lost.
        hardState.NoteRemoval();
        foreach (string name in catalog.TakeAll())
        {
            catalog.Storage.Delete(name);
            catalog.Storage.SyncDirectory();
        }
        return new LogRecovery(catalog, snapshot, hardState.Recovered.Commit, recovery);
    }
}
