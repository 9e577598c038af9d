using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Simulation.Checks;

/// <summary>What the checkers remember of one life of one node's process.</summary>
/// <param name="id">The node.</param>
/// <param name="incarnation">Its data directory.</param>
/// <param name="node">Its core.</param>
/// <param name="log">Its log.</param>
/// <param name="clock">Its clock.</param>
internal sealed class NodeWatch(string id, ulong incarnation, RaftNode node, RecordLog log, IClock clock)
{
    public string Id => id;

    public ulong Incarnation => incarnation;

    public RaftNode Node => node;

    public RecordLog Log => log;

    /// <summary>Whether it would answer reads by a lease now, were it asked.</summary>
    public bool HasLease => !HasEnded && node.LeaseEndMicros > clock.MonotonicMicros;

    /// <summary>Whether the process is gone.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Its log as of the last step.</summary>
    public LogMirror Mirror { get; } = new();

    /// <summary>Term at the last step.</summary>
    public ulong Term { get; set; } = node.Term.Value;

    /// <summary>Commit index at the last step.</summary>
    public ulong Commit { get; set; }

    /// <summary>Last durable index at the last step; stays when the process ends.</summary>
    public ulong Durable { get; set; }

    /// <summary>Members at the last step.</summary>
    public Configuration Configuration { get; set; } = node.Configuration;

    /// <summary>Up to where its entries have been compared with those of all others.</summary>
    public ulong Matched { get; set; }

    /// <summary>Whether its disk was damaged since it was known to be whole.</summary>
    public bool IsOfDamagedDisk { get; init; }

    /// <summary>What it had durable when its disk was damaged; null when it lacks nothing of that.</summary>
    public LogMirror? Owed { get; set; }

    /// <summary>Up to which index that was durable.</summary>
    public ulong OwedUntil { get; set; }

    /// <summary>Whether it led at the last step.</summary>
    public bool Led { get; set; }
}
