using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// One entry of a test's log: its term, a value that tells it from every other, or a configuration.
/// </summary>
internal sealed record TestEntry(Term Term, ulong Value, Configuration? Configuration = null);
