using Chorus.Simulation.Commands;

namespace Chorus.SimulationTests.Sweeps;

/// <summary>
/// The mutants, in two halves that run at the same time. Not by pinned seeds: what a seed does changes with the code,
/// that a few hundred of them are enough does not.
/// </summary>
internal static class Mutants
{
    private const string Seeds = "1..1500";

    public static TheoryData<string> FirstHalf => [.. Half(0)];

    public static TheoryData<string> SecondHalf => [.. Half(1)];

    public static void AssertFound(string mutant)
    {
        // Mutants are static, so each runs in a process of its own.
        List<string> lines = [];
        int code = MutantHunt.RunChild(["--seeds", Seeds, "--mutant", mutant, "--jobs", "1"], lines.Add);

        Assert.True(code == 0, string.Join('\n', lines));
        Assert.Contains(lines, line => line.StartsWith($"mutant {mutant}: found", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Half(int rest) => MutantSwitch.Names.Where((_, i) => i % 2 == rest);
}
