namespace Chorus.Raft;

/// <summary>A linearizable read that may be answered.</summary>
/// <param name="Kind">Each kind has tickets of its own.</param>
/// <param name="Ticket">
/// The number that <see cref="RaftNode.TryRead"/> gave out; all tickets of the kind up to it are granted too.
/// </param>
/// <param name="Index">Apply up to here, then read.</param>
/// <remarks>Raft dissertation §6.4.</remarks>
public readonly record struct ReadGrant(ReadKind Kind, ulong Ticket, LogIndex Index);
