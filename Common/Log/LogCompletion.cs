using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>A batch of disk work has become durable, or has failed.</summary>
/// <param name="LastIndex">Last entry written by the batch or before it; 0 when there is none.</param>
/// <param name="LastTerm">Term of that entry as written.</param>
/// <param name="HardStates">How many hard states, of all handed over since the start, are durable now.</param>
/// <param name="Error">Null, or why the node must stop.</param>
public readonly record struct LogCompletion(LogIndex LastIndex, Term LastTerm, long HardStates, Exception? Error);
