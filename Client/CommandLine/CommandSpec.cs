namespace Chorus.Client.CommandLine;

/// <summary>One command: what it takes, what its help says, and what it does.</summary>
internal sealed record Command
{
    /// <summary>One or two words: <c>get</c>, <c>members remove</c>.</summary>
    public required string Name { get; init; }

    /// <summary>One line.</summary>
    public required string Summary { get; init; }

    /// <summary>Names of the arguments, all of them required, in order.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    public required IReadOnlyList<FlagSpec> Flags { get; init; }

    /// <summary>Lines that work as they stand.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>More to know, for the end of the help.</summary>
    public string Remarks { get; init; } = "";

    /// <summary>Does it; returns the exit code.</summary>
    public required Func<Invocation, Task<int>> Run { get; init; }
}
