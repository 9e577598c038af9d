namespace Chorus.Common.Log;

/// <summary>
/// Changes files of a damaged log, outside of any other work on it: each step leaves, if power fails, a log in which
/// the same damage is found again, or none.
/// </summary>
internal sealed class SegmentSalvage(IStorage storage)
{
    /// <summary>Name of the file that takes the place of a damaged segment, while it is being made.</summary>
    public const string RepairName = "segment-repair.tmp";

    private const string AsidePrefix = "damaged-";

    /// <summary>Gives a file a name by which it is no part of the log any more; durable at the end.</summary>
    /// <returns>The name; nothing had it before.</returns>
    public static string SetAside(IStorage storage, string name)
    {
        string aside = AsidePrefix + name;
        for (int i = 2; storage.Exists(aside); i++)
            aside = $"{AsidePrefix}{name}.{i}";
        storage.Rename(name, aside);
        storage.SyncDirectory();
        return aside;
    }

    /// <summary>
    /// Takes a first hole out of the log for which a snapshot stands: the log is to begin behind the snapshot, where
    /// that is enough, in a segment that is written anew. What stands behind is kept, every record of it.
    /// </summary>
    /// <param name="snapshot">The last record of the newest snapshot.</param>
    /// <param name="segments">All of them.</param>
    /// <param name="damaged">What was found.</param>
    /// <returns>Whether something has changed: then the log is to be read again.</returns>
    public bool TryBeginBehind(in RecordHeader snapshot, IReadOnlyList<Segment> segments, DamagedLog damaged)
    {
        ulong first = snapshot.Index.Value + 1;
        if (damaged.Holes[0].From.Value >= first || damaged.LastIndex < snapshot.Index)
            return false;
        int count = 0;
        while (count + 1 < segments.Count && segments[count + 1].Header.First <= first)
            count++;
        // The oldest first: what is left is a log with the same damage, or without it.
        for (int i = 0; i < count; i++)
        {
            storage.Delete(segments[i].Header.Name);
            storage.SyncDirectory();
        }
        if (count == 0)
            Renew(segments[0].Header, snapshot);
        return true;
    }

    private void Renew(in SegmentHeader header, in RecordHeader snapshot)
    {
        SegmentHeader renewed = header with
        {
            First = snapshot.Index.Value + 1,
            PreviousChain = snapshot.Chain,
            PreviousTerm = snapshot.Term.Value,
            PreviousTimeMicros = snapshot.TimeMicros,
        };
        using (var copy = new SegmentCopy(storage, renewed, RepairName))
        {
            copy.CopyBehind(header);
            copy.Sync();
        }
        storage.Rename(RepairName, header.Name);
        storage.SyncDirectory();
    }

    /// <summary>Ends the log before a hole.</summary>
    public void EndBefore(LogHole hole)
    {
        // First: with less of its log than it has acknowledged, the node must never start as if nothing had happened.
        using (HardStateFile hardState = HardStateFile.Open(storage, out _))
        {
            if (!hardState.Recovered.HasLostEntries)
                hardState.Recover(hardState.Recovered.AfterLoss());
        }
        List<string> later =
        [
            .. storage.List().Where(name =>
                SegmentHeader.TryParseName(name, out ulong sequence) && sequence > hole.Segment.Sequence),
        ];
        // The newest first: what is left ends with a whole segment, or with the damaged one.
        for (int i = later.Count - 1; i >= 0; i--)
            SetAside(storage, later[i]);
        if (!storage.Exists(hole.Segment.Name))
            return;
        string name = hole.Segment.Name, kept = name + SegmentInventory.MovedSuffix;
        if (hole.From.Value > hole.Segment.First)
        {
            using (var copy = new SegmentCopy(storage, hole.Segment, RepairName))
            {
                copy.CopyUntil(hole.From);
                copy.Sync();
            }
            storage.Rename(RepairName, kept);
            storage.SyncDirectory();
        }
        SetAside(storage, name);
        if (!storage.Exists(kept))
            return;
        storage.Rename(kept, name);
        storage.SyncDirectory();
    }
}
