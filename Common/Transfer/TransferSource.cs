using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;

namespace Chorus.Common.Transfer;

/// <summary>What one transfer service serves.</summary>
public sealed record TransferSource
{
    /// <summary>Name of the node.</summary>
    public required string Id { get; init; }

    /// <summary>Whether it is a logger; otherwise a replica.</summary>
    public bool IsLogger { get; init; }

    /// <summary>What may be read of its log.</summary>
    public required LogView View { get; init; }

    /// <summary>The directory of the log; only read.</summary>
    public required IStorage Storage { get; init; }

    /// <summary>
    /// What the state machine held before entry 1, in words. An observer learns it when its cluster lets it in.
    /// </summary>
    public string StateBase { get; set; } = "";

    /// <summary>Takes what observers report; null: reports are ignored.</summary>
    public ObserverReports? Reports { get; init; }

    /// <summary>How it follows its cluster; null: it is no observer.</summary>
    public FollowingView? Following { get; init; }

    /// <summary>Its newest snapshot, in the directory of the log; null: it takes none.</summary>
    public SnapshotView? Snapshots { get; init; }

    /// <summary>The state machine's file; null: there is none, or it is not open yet.</summary>
    public IImageSource? Image { get; set; }
}
