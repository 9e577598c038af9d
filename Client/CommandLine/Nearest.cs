using Chorus.Common.Toml;

namespace Chorus.Client.CommandLine;

/// <summary>The sentence after an unknown name.</summary>
internal static class Nearest
{
    /// <summary>Names the nearest known name, or all of them.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">What could have been meant.</param>
    /// <param name="prefix">What stands before the known names when they are written.</param>
    public static string Sentence(string name, IReadOnlyCollection<string> known, string prefix) =>
        NearestName.Find(name, known) is { } nearest
            ? $"Did you mean '{prefix}{nearest}'?"
            : $"Known are {string.Join(", ", known.Select(each => prefix + each))}.";
}
