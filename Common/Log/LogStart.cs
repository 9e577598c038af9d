using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>Opens what a directory holds: hard state, segments, and what the two say of each other.</summary>
internal static class LogStart
{
    /// <summary>Opens the hard state, or makes one for a log that never began.</summary>
    /// <exception cref="LogCorruptionException">It is lost, and with it the vote.</exception>
    public static HardStateFile OpenHardState(IStorage storage, LogOpening opening, out string? note)
    {
        bool isLost = !storage.Exists(HardStateFile.Name) && (opening.HasHardState || storage.List().Any(IsSegment));
        if (isLost && !opening.IsObserver)
            throw LogDamage.HardState(storage, "it is missing, and with it term and vote");
        if (!opening.IsObserver)
            return HardStateFile.Open(storage, out note);
        try
        {
            return HardStateFile.Open(storage, out note);
        }
        catch (LogCorruptionException)
        {
            storage.Delete(HardStateFile.Name);
            HardStateFile made = HardStateFile.Open(storage, out _);
            note = $"{Path.Combine(storage.Location, HardStateFile.Name)}: both copies were damaged; made anew, for an "
                + "observer promises nothing.";
            return made;
        }
    }

    /// <summary>Reads all segments into the catalog.</summary>
    public static LogRecovery Recover(SegmentCatalog catalog, LogOpening opening, HardStateFile hardState)
    {
        IStorage storage = catalog.Storage;
        if (storage.Exists(SegmentSalvage.RepairName))
            storage.Delete(SegmentSalvage.RepairName);
        (SegmentInventory inventory, LogRecovery recovery) = Read(catalog, opening, hardState);
        while (recovery.Damaged is { } damaged && opening.Snapshot is { } snapshot
            && new SegmentSalvage(storage).TryBeginBehind(snapshot, inventory.Segments, damaged))
        {
            catalog.TakeAll();
            (inventory, recovery) = Read(catalog, opening, hardState);
        }
        if (recovery.Damaged is { } found && !IsOlder(found, opening))
            return recovery;
        if (IsEndLost(inventory, hardState) && !opening.IsObserver)
            NoteLoss(hardState, recovery, storage);
        if (opening.Snapshot is { } mark && (recovery.Damaged is not null || !LogAdoption.Continues(recovery, mark)))
        {
            // It was durable up to there once: if a snapshot is newer, that was not what the log has lost.
            if (inventory.Segments.Count > 0 && hardState.Recovered.Commit > recovery.Last.Index)
                NoteLoss(hardState, recovery, storage);
            recovery = LogAdoption.BeginBehind(mark, catalog, hardState, recovery);
        }
        // Now all that counts is there, or known to be lost.
        inventory.SetUnreadableAside(recovery.Notes);
        HardState state = hardState.Recovered;
        if (opening.IsObserver && recovery.Last.Term > state.Term)
            hardState.Recover(new HardState(recovery.Last.Term, NodeId.None, state.Commit));
        else
            recovery.CheckTerm(state.Term);
        return recovery;
    }

    private static (SegmentInventory Inventory, LogRecovery Recovery) Read(
        SegmentCatalog catalog, LogOpening opening, HardStateFile hardState)
    {
        var inventory = new SegmentInventory(catalog);
        inventory.Read();
        catalog.NextSequence = Math.Max(catalog.NextSequence, hardState.NewestSegment + 1);
        LogIndex commit = opening.IsObserver ? new LogIndex(ulong.MaxValue)
            : IsEndLost(inventory, hardState) ? LogIndex.Zero : hardState.Recovered.Commit;
        var recovery = new LogRecovery(catalog, opening, commit);
        recovery.Notes.AddRange(inventory.Notes);
        recovery.Run(inventory.Segments);
        return (inventory, recovery);
    }

    private static bool IsEndLost(SegmentInventory inventory, HardStateFile hardState)
    {
        ulong newest = inventory.Segments.Count > 0 ? inventory.Segments[^1].Header.Sequence : 0;
        return Math.Max(hardState.NewestSegment, inventory.NewestUnreadable) > newest;
    }

    /// <summary>Whether a damaged log ends before what a snapshot stands for: then it is removed, holes and all.
    /// </summary>
    private static bool IsOlder(DamagedLog damaged, LogOpening opening) =>
        opening.Snapshot is { } snapshot && damaged.LastIndex < snapshot.Index;

    private static void NoteLoss(HardStateFile hardState, LogRecovery recovery, IStorage storage)
    {
        recovery.Notes.Add(
            $"{storage.Location}: the newest segments of the log are gone or cannot be read; it ends with record "
            + $"{recovery.Last.Index} now. This node neither votes nor acknowledges before it has what its cluster has "
            + "committed.");
        if (!hardState.Recovered.HasLostEntries)
            hardState.Recover(hardState.Recovered.AfterLoss());
    }

    private static bool IsSegment(string name) => SegmentHeader.TryParseName(name, out _);
}
