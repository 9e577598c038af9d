namespace Chorus.Simulation.Checks;

/// <summary>An entry as the checkers see it.</summary>
/// <param name="Term">Its term.</param>
/// <param name="Chain">Its chain value: equal only where everything before it is equal too.</param>
internal readonly record struct LogEntry(ulong Term, ulong Chain);
