namespace Chorus.SimulationTests.Sweeps;

/// <summary>
/// A sweep that finds nothing proves little unless it finds what is broken on purpose. The other half of the mutants
/// is in a class of its own, so that two are hunted at a time.
/// </summary>
public sealed class MutantTests
{
    public static TheoryData<string> Names => Mutants.FirstHalf;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_broken_rule_is_found_by_the_sweep(string mutant) => Mutants.AssertFound(mutant);
}
