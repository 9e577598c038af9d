namespace Chorus.SimulationTests.Sweeps;

/// <summary>The other half of the mutants.</summary>
public sealed class SecondMutantTests
{
    public static TheoryData<string> Names => Mutants.SecondHalf;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_broken_rule_is_found_by_the_sweep(string mutant) => Mutants.AssertFound(mutant);
}
