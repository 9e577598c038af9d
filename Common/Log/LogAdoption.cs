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
    /// <summary>Recovers a log, beside its snapshot where there is one.</summary>
    /// <param name="catalog">Gets the segments.</param>
    /// <param name="startAfter">The record before the first one, where nothing else says it.</param>
    /// <param name="commit">Commit index of the hard state.</param>
    /// <param name="snapshot">The last record whose effect is in the newest snapshot; null: there is none.</param>
    /// <exception cref="LogCorruptionException">
    /// The log is damaged, or begins behind the snapshot: what is between them is missing.
    /// </exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static LogRecovery Recover(
        SegmentCatalog catalog, in RecordHeader startAfter, LogIndex commit, RecordHeader? snapshot)
    {
        var recovery = new LogRecovery(catalog, startAfter, commit);
        recovery.Run();
        if (snapshot is not { } mark || Continues(recovery, catalog.Storage, mark))
            return recovery;
        foreach (string name in catalog.TakeAll())
        {
            catalog.Storage.Delete(name);
            catalog.Storage.SyncDirectory();
        }
        return new LogRecovery(catalog, mark, commit, recovery);
    }

    private static bool Continues(LogRecovery recovery, IStorage storage, in RecordHeader snapshot)
    {
        if (recovery.Base.Index > snapshot.Index)
        {
            throw LogDamage.File(
                storage, SegmentHeader.NameOf(1),
                $"the log begins with record {recovery.Base.Index.Next}, and the newest whole snapshot ends with "
                    + $"{snapshot.Index}: what is between them is missing");
        }
        var mark = new SnapshotMark(snapshot.Index, snapshot.Term, new(LogIndex.Zero, Configuration.Empty));
        return mark.IsContinuedBy(TermAt(recovery, snapshot.Index));
    }

    private static Term? TermAt(LogRecovery recovery, LogIndex index)
    {
        if (index == recovery.Base.Index && index > LogIndex.Zero)
            return recovery.Base.Term;
        Term? term = null;
        foreach (TermRun run in recovery.Entries.Terms)
        {
            if (run.First <= index)
                term = run.Term;
        }
        return index > recovery.Base.Index && index <= recovery.Last.Index ? term : null;
    }
}
