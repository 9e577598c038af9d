namespace Chorus.Raft;

/// <summary>An entry that the leader makes up itself.</summary>
/// <param name="Index">Where it stands.</param>
/// <param name="Configuration">Its configuration; null for a no-op.</param>
public readonly record struct OwnEntry(LogIndex Index, Configuration? Configuration);
