using Chorus.Simulation.Commands;

namespace Chorus.SimulationTests.Sweeps;

/// <summary>
/// A sweep that finds nothing proves little unless it finds what is broken on purpose. Not by pinned seeds: what a seed
/// does changes with the code, that a few hundred of them are enough does not.
/// </summary>
public sealed class MutantTests
{
    private const string Seeds = "1..1500";

    public static TheoryData<string> Names => [.. MutantSwitch.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_broken_rule_is_found_by_the_sweep(string mutant)
    {
        // Mutants are static, so each runs in a process of its own.
        List<string> lines = [];
        int code = MutantHunt.RunChild(["--seeds", Seeds, "--mutant", mutant, "--jobs", "1"], lines.Add);

        Assert.True(code == 0, string.Join('\n', lines));
        Assert.Contains(lines, line => line.StartsWith($"mutant {mutant}: found", StringComparison.Ordinal));
    }
}
