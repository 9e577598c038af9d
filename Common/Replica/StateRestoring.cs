using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Makes a state from a snapshot, at the start, before the log is applied to it.</summary>
public static class StateRestoring
{
    /// <summary>Restores where that is needed.</summary>
    /// <param name="stateMachine">Nothing has been applied to it yet.</param>
    /// <param name="store">The snapshots.</param>
    /// <param name="log">The log, recovered beside them.</param>
    /// <returns>Whether the state is that of a snapshot now.</returns>
    /// <remarks>
    /// A state that is kept in a file, and from which the log still leads on, is left as it is: that is less work.
    /// </remarks>
    /// <exception cref="LogCorruptionException">The snapshot is damaged, or not one of such a state.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static bool Run(IStateMachine stateMachine, SnapshotStore store, RecordLog log)
    {
        if (store.Newest is not { } snapshot || snapshot.Index <= stateMachine.RestoredIndex)
            return false;
        bool leadsOn = stateMachine.RestoredIndex > LogIndex.Zero && stateMachine.RestoredIndex >= log.Base.Index;
        if (leadsOn)
            return false;
        using SnapshotReader reader = SnapshotReader.Open(store.Storage, snapshot.Name);
        stateMachine.Restore(snapshot.Index, new SnapshotRestore(reader));
        return true;
    }
}
