using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>How far an observer is, by its own words.</summary>
/// <param name="Id">The observer.</param>
/// <param name="Incarnation">Of its data directory.</param>
/// <param name="DurableIndex">Last index that it has made durable.</param>
/// <param name="DurableTimeMicros">Time of that record, the leader's clock at append.</param>
/// <param name="ReceivedAtMicros">When the report came, on the receiver's monotonic clock.</param>
public readonly record struct ObserverReport(
    NodeId Id, ulong Incarnation, LogIndex DurableIndex, long DurableTimeMicros, long ReceivedAtMicros);
