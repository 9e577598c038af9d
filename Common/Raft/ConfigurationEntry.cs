namespace Chorus.Raft;

/// <summary>A configuration and where it stands in the log.</summary>
/// <param name="Index">Index of its entry.</param>
/// <param name="Configuration">The value.</param>
public readonly record struct ConfigurationEntry(LogIndex Index, Configuration Configuration);
