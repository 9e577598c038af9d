namespace Chorus.Common.Hosting;

/// <summary>An example in the help of a command.</summary>
/// <param name="Line">What to type.</param>
/// <param name="Meaning">What it does.</param>
public readonly record struct CommandExample(string Line, string Meaning);
