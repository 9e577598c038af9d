using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Snapshots;

/// <summary>
/// The snapshots in a data directory: the newest two are kept, so that one that rots leaves another to start from.
/// Found and verified at the start, told of each new one later; owned by the loop's thread.
/// </summary>
public sealed class SnapshotStore
{
    /// <summary>Snapshots that are kept.</summary>
    public const int KeptCount = 2;

    private readonly List<SnapshotInfo> _kept = [];
    private readonly List<string> _notes = [];

    private SnapshotStore(IStorage storage) => Storage = storage;

    /// <summary>The data directory.</summary>
    public IStorage Storage { get; }

    /// <summary>The newest one, whole; null where there is none.</summary>
    public SnapshotInfo? Newest => _kept.Count > 0 ? _kept[0] : null;

    /// <summary>
    /// The log up to here is needed by nobody who starts from this directory, whichever of its snapshots is lost; 0
    /// while there is one snapshot only.
    /// </summary>
    public LogIndex SafeIndex => _kept.Count >= KeptCount ? _kept[^1].Index : LogIndex.Zero;

    /// <summary>
    /// Index of the newest snapshot that was damaged; 0 where none was. Everything up to there was committed, and may
    /// have been removed from the log: a log that does not reach there has lost it (trap 8).
    /// </summary>
    public LogIndex DamagedIndex { get; private set; }

    /// <summary>Sentences about what was found, for the node's log of events.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Looks what is there, verifies the newest, and removes what a crash left unfinished.</summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="clusterId">The cluster that a snapshot must be of.</param>
    /// <param name="verified">One that this process has just read whole; null: none.</param>
    /// <remarks>
    /// A damaged one is passed over and told in <see cref="Notes"/>. It stays until <see cref="RemoveUseless"/>: it
    /// may be the only one, and somebody may want to look at it.
    /// </remarks>
    /// <exception cref="NodeDirectoryException">One is of a newer format.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static SnapshotStore Open(IStorage storage, Guid clusterId, SnapshotInfo? verified = null)
    {
        var store = new SnapshotStore(storage);
        foreach (string temp in (string[])[SnapshotNames.Temp, SnapshotNames.Fetched])
        {
            if (storage.Exists(temp))
                storage.Delete(temp);
        }
        // A killed process may have renamed a file without making that durable: before anything counts on it.
        storage.SyncDirectory();
        foreach (LogIndex index in Indexes(storage))
        {
            if (store._kept.Count == KeptCount)
                break;
            store.Consider(index, clusterId, verified);
        }
        return store;
    }

    /// <summary>A new snapshot is durable; it is newer than all others.</summary>
    public void Added(SnapshotInfo snapshot)
    {
        Check.That(Newest is not { } newest || newest.Index < snapshot.Index, "snapshots rise");
        _kept.Insert(0, snapshot);
        if (_kept.Count > KeptCount)
            _kept.RemoveAt(KeptCount);
    }

    /// <summary>Removes all files of snapshots that newer ones make useless. Blocks; on any thread.</summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="kept">
    /// Those that stay, the newest first. What is newer than all of them stays, too: a damaged one proves that so much
    /// was committed (<see cref="DamagedIndex"/>), and another thread may have put a sound one there by now.
    /// </param>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void RemoveUseless(IStorage storage, IReadOnlyList<SnapshotInfo> kept)
    {
        bool removed = false;
        foreach (LogIndex index in Indexes(storage))
        {
            string name = SnapshotNames.Of(index);
            if (index > kept[0].Index || kept.Any(snapshot => snapshot.Name == name))
                continue;
            storage.Delete(name);
            removed = true;
        }
        if (removed)
            storage.SyncDirectory();
    }

    /// <summary>Those that are kept, the newest first. A copy.</summary>
    public IReadOnlyList<SnapshotInfo> Kept => [.. _kept];

    /// <summary>Indexes of all snapshots in a directory by their names, the newest first; none is looked at.</summary>
    internal static IEnumerable<LogIndex> Indexes(IStorage storage)
    {
        List<LogIndex> indexes = [];
        foreach (string name in storage.List())
        {
            if (SnapshotNames.TryParse(name, out LogIndex index))
                indexes.Add(index);
        }
        return indexes.OrderByDescending(index => index);
    }

    // The newest is read whole. Of the older one the header is enough until it is needed.
    private void Consider(LogIndex index, Guid clusterId, SnapshotInfo? verified)
    {
        string name = SnapshotNames.Of(index);
        try
        {
            SnapshotInfo found = Glance(name);
            bool isVerified = (verified?.HeaderCrc, verified?.LengthBytes) == (found.HeaderCrc, found.LengthBytes);
            if (_kept.Count == 0 && !isVerified)
                found = SnapshotReader.Verify(Storage, name);
            string? misplaced = found.Header.ClusterId != clusterId
                ? $"it belongs to cluster {found.Header.ClusterId}, this node to {clusterId}"
                : found.Index != index ? $"it is of index {found.Index}, not of the one in its name" : null;
            if (misplaced is null)
                _kept.Add(found);
            else
                _notes.Add(SnapshotDamage.At(Storage, name, 0, misplaced).Message);
        }
        catch (LogCorruptionException damaged)
        {
            _notes.Add(damaged.Message);
            DamagedIndex = LogIndex.Max(DamagedIndex, index);
        }
    }

    private SnapshotInfo Glance(string name)
    {
        using SnapshotReader reader = SnapshotReader.Open(Storage, name);
        return reader.Info;
    }
}
