using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>A linearizable read that waits.</summary>
/// <param name="Ticket">From the core.</param>
/// <param name="Index">Index that must be applied first; 0 before the leader has proved that it leads.</param>
/// <param name="Target">Who asks.</param>
/// <param name="Buffer">Holds the query; rented.</param>
/// <param name="Length">Bytes of the query.</param>
internal readonly record struct PendingRead(
    ulong Ticket, LogIndex Index, ReplyTarget Target, byte[] Buffer, int Length)
{
    /// <summary>The query.</summary>
    public ReadOnlySpan<byte> Query => Buffer.AsSpan(0, Length);
}
