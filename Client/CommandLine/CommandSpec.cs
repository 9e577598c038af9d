using Chorus.Common.Hosting;

namespace Chorus.Client.CommandLine;

/// <summary>One command: what it takes, what its help says, and what it does.</summary>
internal sealed record CommandSpec
{
    /// <summary>One or two words: <c>get</c>, <c>members remove</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it does: one sentence, and then what one must know.</summary>
    public required string Summary { get; init; }

    /// <summary>Its arguments in order: name and meaning.</summary>
    public IReadOnlyList<(string Name, string Meaning)> Arguments { get; init; } = [];

    /// <summary>Whether the last argument may be left out; it is empty then.</summary>
    public bool IsLastOptional { get; init; }

    public required IReadOnlyList<FlagSpec> Flags { get; init; }

    /// <summary>Lines that work as they stand.</summary>
    public required IReadOnlyList<CommandExample> Examples { get; init; }

    /// <summary>Does it; returns the exit code.</summary>
    public required Func<Invocation, Task<int>> Run { get; init; }
}
