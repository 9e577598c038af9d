namespace Chorus.SimulationTests.Sweeps;

/// <summary>Seeds 1 to 150; the other half is in a class of its own, so that two run at a time.</summary>
public sealed class SweepTests
{
    [Theory]
    [MemberData(nameof(Seeds.FirstHalf), MemberType = typeof(Seeds))]
    public void A_cluster_under_faults_keeps_every_promise(int first, int last) => Seeds.AssertClean(first, last);
}
