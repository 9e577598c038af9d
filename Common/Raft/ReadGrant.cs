namespace Chorus.Raft;

/// <summary>A linearizable read that may be answered.</summary>
/// <param name="Ticket">
/// The number that <see cref="RaftNode.TryRead"/> gave out; all tickets up to it are granted too.
/// </param>
/// <param name="Index">Apply up to here, then read.</param>
/// <remarks>Raft dissertation §6.4.</remarks>
public readonly record struct ReadGrant(ulong Ticket, LogIndex Index);
