using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>What a recorder speaks to the world through.</summary>
public sealed record RecorderPorts
{
    /// <summary>The feeds that it follows.</summary>
    public required IFeedInlet Inlet { get; init; }

    /// <summary>For history, and for reports.</summary>
    public required ITransferClientTransport Transfer { get; init; }

    /// <summary>Its own feed: what it has made durable; null when it publishes none.</summary>
    public IFeedOutlet? Feed { get; init; }

    /// <summary>Where other threads see what they may read of its record; null when nobody does.</summary>
    public LogView? View { get; init; }

    /// <summary>Where other threads see how it follows; null when nobody does.</summary>
    public FollowingView? Following { get; init; }

    /// <summary>First index that a running transfer still needs; null when nobody fetches.</summary>
    public Func<LogIndex>? LowestPinned { get; init; }

    /// <summary>What other observers that follow this one have reported; null when nobody takes reports.</summary>
    public ObserverReports? Reports { get; init; }

    /// <summary>Time.</summary>
    public required IClock Clock { get; init; }
}
