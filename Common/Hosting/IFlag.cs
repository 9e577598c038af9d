namespace Chorus.Common.Hosting;

/// <summary>What the help says about a flag beside its description, whatever the type of its value.</summary>
internal interface IFlag
{
    /// <summary>Environment variable that stands in where the flag is not given.</summary>
    string Variable { get; }

    /// <summary>The default in words; null: none.</summary>
    string? DefaultText { get; }
}
