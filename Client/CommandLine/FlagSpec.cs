namespace Chorus.Client.CommandLine;

/// <summary>One flag of a command.</summary>
/// <param name="Name">Without hyphens.</param>
/// <param name="Value">What its value is called in the help; null: the flag has none.</param>
/// <param name="Meaning">One line for the help.</param>
/// <param name="Alias">Another name; null: none.</param>
internal sealed record FlagSpec(string Name, string? Value, string Meaning, string? Alias = null);
