namespace Chorus.Client.CommandLine;

/// <summary>A command as somebody called it.</summary>
/// <param name="Command">Which one.</param>
/// <param name="Arguments">As many as the command takes.</param>
/// <param name="Flags">Values by the flags' names; a flag without a value has <c>true</c>.</param>
internal sealed record Invocation(
    Command Command, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Flags)
{
    /// <summary>Value of a flag; null when it was not given.</summary>
    public string? Get(string flag) => Flags.GetValueOrDefault(flag);

    public bool Has(string flag) => Get(flag) == "true";
}
