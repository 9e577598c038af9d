using System.CommandLine;

namespace Chorus.Common.Hosting;

/// <summary>A flag as System.CommandLine knows it, with what the help says about it.</summary>
/// <typeparam name="T">Type of its value.</typeparam>
public sealed class FlagOption<T> : Option<T>, IFlag
{
    internal FlagOption(string name)
        : base("-" + name, "--" + name) => Variable = Flag.VariableOf(name);

    /// <summary>Environment variable that stands in where the flag is not given.</summary>
    public string Variable { get; }

    /// <summary>The default in words; null: none.</summary>
    public string? DefaultText { get; init; }
}
