namespace Chorus.Tests.Raft;

/// <summary>Raft figure 3 under random faults; a failure names the seed, which replays it.</summary>
public sealed class RandomRunTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Safety_holds_under_random_faults_and_the_cluster_converges_after_them(int block)
    {
        int seeds = int.Parse(Environment.GetEnvironmentVariable("CHORUS_RAFT_SEEDS") ?? "25");
        int fetched = 0;
        int refused = 0;
        int joint = 0;
        int installed = 0;
        int notInstalled = 0;
        for (int seed = block * seeds; seed < (block + 1) * seeds; seed++)
        {
            try
            {
                var run = new RandomRun(seed);
                run.Run(steps: 4000);
                run.Converge();
                fetched += run.FetchedTotal;
                refused += run.FetchesRefused;
                joint += run.Joint;
                installed += run.Snapshots.InstalledTotal;
                notInstalled += run.Snapshots.NotInstalledTotal;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
        Assert.True(joint > 0, $"{joint} joint configurations");
        Assert.True(installed > 0 && notInstalled > 0, $"{installed} snapshots installed, {notInstalled} not");
        Assert.True(fetched > seeds && refused > 0, $"{fetched} entries fetched, {refused} times refused");
    }
}
