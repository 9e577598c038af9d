using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>A read that waits.</summary>
/// <param name="Ticket">From the core; 0 for a stale read.</param>
/// <param name="Index">Index that must be applied first; 0 before the core has granted the read.</param>
/// <param name="Target">Who asks.</param>
/// <param name="Buffer">Holds the query; rented.</param>
/// <param name="Length">Bytes of the query.</param>
/// <param name="IsStale">Whether whatever is applied here will do.</param>
internal readonly record struct PendingRead(
    ulong Ticket, LogIndex Index, ReplyTarget Target, byte[] Buffer, int Length, bool IsStale)
{
    /// <summary>The query.</summary>
    public ReadOnlySpan<byte> Query => Buffer.AsSpan(0, Length);
}
