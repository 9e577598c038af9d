using Chorus.Common.Log;
using Chorus.Common.Snapshots;

namespace Chorus.Common.Replica;

/// <summary>What a replica needs to take snapshots and to install others'.</summary>
public sealed record SnapshotPort
{
    /// <summary>The snapshots of its data directory.</summary>
    public required SnapshotStore Store { get; init; }

    /// <summary>
    /// Writes them, reads and verifies what is fetched; not the log's own, which must not wait for so much.
    /// </summary>
    public required IDiskExecutor Executor { get; init; }

    /// <summary>Closed by the owner when <see cref="Executor"/> has ended.</summary>
    public OpenFiles Files { get; init; } = new();

    /// <summary>Where the transfer service sees the newest one; null: nobody serves it.</summary>
    public SnapshotView? View { get; init; }

    /// <summary>
    /// Makes a state that a snapshot can be restored into while it is fetched, by a node that has no state yet; null:
    /// it is restored behind that, as where it is kept in a file. Called on <see cref="Executor"/>.
    /// </summary>
    public Func<IStateMachine>? MakeState { get; init; }

    /// <summary>
    /// First index that a running transfer still needs, asked before the log is cut; null: there are none. Called on
    /// the loop's thread.
    /// </summary>
    public Func<Raft.LogIndex>? LowestPinned { get; set; }
}
