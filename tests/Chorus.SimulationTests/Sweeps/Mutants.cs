using System.Globalization;
using System.Text.RegularExpressions;
using Chorus.Simulation.Commands;
using Chorus.Tests.House;

namespace Chorus.SimulationTests.Sweeps;

/// <summary>
/// The mutants, in two halves that run at the same time. The seed that found one last is tried first: it spares most
/// of the time. What a seed does changes with the code, that a few hundred of them are enough does not: so then all.
/// </summary>
internal static partial class Mutants
{
    private const string Seeds = "1..1500";

    private static readonly Dictionary<string, int> LastFoundBy = Table().ToDictionary(
        row => row.Groups["name"].Value,
        row => int.Parse(row.Groups["seed"].Value, CultureInfo.InvariantCulture));

    public static TheoryData<string> FirstHalf => [.. Half(0)];

    public static TheoryData<string> SecondHalf => [.. Half(1)];

    public static void AssertFound(string mutant)
    {
        Assert.True(LastFoundBy.TryGetValue(mutant, out int seed), $"docs/testing.md has no line about {mutant}");
        if (!IsFound(mutant, $"{seed}..{seed}", out _))
            Assert.True(IsFound(mutant, Seeds, out string said), said);
    }

    // Mutants are static, so each runs in a process of its own.
    private static bool IsFound(string mutant, string seeds, out string said)
    {
        List<string> lines = [];
        int code = MutantHunt.RunChild(["--seeds", seeds, "--mutant", mutant, "--jobs", "1"], lines.Add);
        said = string.Join('\n', lines);
        return code == 0 && lines.Any(line => line.StartsWith($"mutant {mutant}: found", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Half(int rest) => MutantSwitch.Names.Where((_, i) => i % 2 == rest);

    private static IEnumerable<Match> Table() => Row().Matches(Repository.Read("docs/testing.md"));

    [GeneratedRegex(@"^\| `(?<name>\w+)` \|[^|]*\| (?<seed>\d+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
