namespace Chorus.Raft;

/// <summary>A stretch of the log in one term: from <paramref name="First"/> up to the next run.</summary>
/// <param name="First">Index of the first entry of the run.</param>
/// <param name="Term">Term of every entry in it.</param>
public readonly record struct TermRun(LogIndex First, Term Term);
