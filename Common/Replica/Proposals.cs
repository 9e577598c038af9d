using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Puts what clients want into the leader's log.</summary>
internal sealed class Proposals(
    RaftNode node, RecordLog log, PendingWrites writes, Responder responder, ReplicaCounters counters)
{
    private const string Later = "Try again later";

    /// <summary>Whether a record finds room; says to the client why not.</summary>
    public bool HasRoom(in ReplyTarget target, int recordBytes)
    {
        if (log.HasRoom(recordBytes))
            return true;
        if (log.IsDiskFull)
            responder.Fail(target, Code.DiskFull, "the leader's disk is full",
                "Make room on it; it goes on by itself");
        else
            responder.Fail(target, Code.Overloaded, "too much is waiting for the disk", Later);
        return false;
    }

    /// <summary>Appends a record; this node leads, and there is room.</summary>
    /// <param name="kind">What the payload is.</param>
    /// <param name="timeMicros">Its time.</param>
    /// <param name="payload">Copied.</param>
    public LogIndex Append(RecordKind kind, long timeMicros, ReadOnlySpan<byte> payload)
    {
        Check.That(node.TryPropose(1, out LogIndex index), "a leader takes proposals");
        LogIndex appended = log.Append(node.Term, kind, timeMicros, payload);
        Check.That(appended == index, "the log and the core agree on the index of a command");
        counters.Proposals++;
        return index;
    }

    /// <summary>Somebody waits for the record that was just appended.</summary>
    public void Await(LogIndex index, in ReplyTarget target) => writes.Add(index, node.Term, target);
}
