using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Transfer;

namespace Chorus.Common.Replica;

/// <summary>What a replica speaks to the world through.</summary>
public sealed record ReplicaPorts
{
    /// <summary>Messages between replicas.</summary>
    public required IPeerTransport Peers { get; init; }

    /// <summary>The client socket.</summary>
    public required IClientTransport Clients { get; init; }

    /// <summary>The join socket; null when this node takes no joins.</summary>
    public IClientTransport? Joins { get; init; }

    /// <summary>The feed; null when this node publishes none.</summary>
    public IFeedOutlet? Feed { get; init; }

    /// <summary>What observers have reported; null when nobody takes reports.</summary>
    public ObserverReports? Reports { get; init; }

    /// <summary>Where other threads see what they may read of the log; null when nobody does.</summary>
    public LogView? View { get; init; }

    /// <summary>
    /// Where committed entries are applied; null: by the loop itself, for a state machine that does not block.
    /// </summary>
    public IDiskExecutor? Apply { get; init; }

    /// <summary>
    /// Asks other members for records when this node is far behind; null: only the leader brings them. Used by the loop
    /// alone.
    /// </summary>
    public ITransferClientTransport? Fetch { get; init; }

    /// <summary>Snapshots; null: none are taken, and the log is kept whole.</summary>
    public SnapshotPort? Snapshots { get; init; }

    /// <summary>Time.</summary>
    public required IClock Clock { get; init; }
}
