using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>The first moment of a replica.</summary>
internal static class ReplicaStart
{
    /// <summary>Says what the node starts from; writes the first configuration where there is none yet.</summary>
    /// <param name="options">Who the node is.</param>
    /// <param name="log">Its log, just recovered.</param>
    /// <param name="snapshots">Its snapshots; null: it has none.</param>
    /// <param name="hardStates">Hard states queued.</param>
    public static RecoveredState Recover(
        ReplicaOptions options, RecordLog log, SnapshotPort? snapshots, out long hardStates)
    {
        hardStates = 0;
        RecoveredState recovered = log.Recovered with
        {
            Snapshot = SnapshotDesk.Mark(snapshots?.Store.Newest),
            CommittedUpTo = snapshots?.Store.DamagedIndex ?? LogIndex.Zero,
        };
        // Every member of a fixed start writes the same bytes here: term 1, time 0.
        var first = new Term(1);
        var state = new HardState(first, NodeId.None, LogIndex.Zero);
        // Power may have failed between the two writes below: then the term stands there without the entry.
        bool isNew = recovered.Log.Count == 0 && recovered.Snapshot is null
            && recovered.CommittedUpTo == LogIndex.Zero
            && (recovered.HardState == HardState.Empty || recovered.HardState == state);
        bool isFirstStart = isNew && recovered.HardState == HardState.Empty;
        if (options.Bootstrap is not { } configuration || !isNew)
            return recovered with { IsFirstStart = isFirstStart };
        hardStates = log.SaveHardState(state);
        LogIndex index = log.Append(first, RecordKind.Configuration, 0, ConfigurationCodec.Encode(configuration));
        return new RecoveredState(
            state, new EntryRange(index, index.Next, [new TermRun(index, first)], [new ConfigurationEntry(index,
                configuration)]), isFirstStart);
    }
}
