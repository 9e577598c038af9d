namespace Chorus.SimulationTests.Sweeps;

/// <summary>Seeds 151 to 300.</summary>
public sealed class SecondSweepTests
{
    [Theory]
    [MemberData(nameof(Seeds.SecondHalf), MemberType = typeof(Seeds))]
    public void A_cluster_under_faults_keeps_every_promise(int first, int last) => Seeds.AssertClean(first, last);
}
