using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>What a state machine must know when it is opened.</summary>
/// <param name="Storage">The data directory; null with <c>-inmem</c>.</param>
/// <param name="ClusterId">The cluster.</param>
/// <param name="Incarnation">Incarnation of the data directory.</param>
/// <param name="LogEnd">Last index of the log.</param>
/// <param name="HasLogLostEntries">
/// Whether the log has lost its end: a state that knows more than what is left is to be made anew from it.
/// </param>
/// <param name="HasSnapshot">
/// Whether there is a snapshot: then a state in memory is made from that, whatever it begins with.
/// </param>
/// <param name="Restored">
/// The state of that snapshot, where it was restored while it came (<see cref="ReplicaHost.MakeState"/>): to be used
/// as it is. Null: there is none.
/// </param>
public sealed record StateSetting(
    IStorage? Storage, Guid ClusterId, ulong Incarnation, LogIndex LogEnd, bool HasLogLostEntries = false,
    bool HasSnapshot = false, IStateMachine? Restored = null);
