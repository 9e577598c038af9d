using System.Reflection;
using Chorus.Raft;

namespace Chorus.Simulation.Commands;

/// <summary>Turns mutants on. They are static: once a process, before the first run.</summary>
internal static class MutantSwitch
{
    private static readonly FieldInfo[] Fields =
    [
        .. typeof(Mutants).GetFields(BindingFlags.Static | BindingFlags.Public)
            .OrderBy(field => field.Name, StringComparer.Ordinal),
    ];

    /// <summary>Names of all mutants, ordered.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Fields.Select(field => field.Name)];

    /// <summary>Turns one on.</summary>
    public static void TurnOn(string name) => Fields.Single(field => field.Name == name).SetValue(null, true);
}
