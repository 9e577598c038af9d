using System.Globalization;
using Chorus.Simulation;
using Chorus.Simulation.Commands;

namespace Chorus.SimulationTests.Sweeps;

public sealed class DeterminismTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(42)]
    public void A_seed_means_the_same_run_in_every_process(int seed)
    {
        SimulationResult first = SimulatedRun.Run((ulong)seed, new SimulationOptions());
        SimulationResult second = SimulatedRun.Run((ulong)seed, new SimulationOptions());
        List<string> lines = [];
        MutantHunt.RunChild(["--seeds", seed.ToString(CultureInfo.InvariantCulture), "--hash"], lines.Add);

        Assert.Equal(first.TraceHash, second.TraceHash);
        Assert.Contains(lines, line => line.StartsWith($"{seed} {first.TraceHash:x16}", StringComparison.Ordinal));
    }

    [Fact]
    public void Runs_are_not_idle()
    {
        RunSummary[] runs =
            [.. Enumerable.Range(1, 30).Select(seed => SimulatedRun.Run((ulong)seed, new SimulationOptions()).Summary)];

        Assert.True(runs.Sum(run => run.Writes) > 2_000, "writes are acknowledged");
        Assert.True(runs.Sum(run => run.Reads) > 1_000, "reads are answered");
        Assert.True(runs.Sum(run => run.LeaseReads) > 300, "reads are answered by lease");
        Assert.True(runs.Sum(run => run.LogReads) > 20, "reads are answered through the log");
        Assert.True(runs.Sum(run => run.StaleReads) > 20, "stale reads are answered");
        Assert.True(runs.Sum(run => run.StepsWithLease) > 1_000, "leaders hold leases");
        Assert.True(runs.Sum(run => run.Elections) > 40, "leaders change");
        Assert.True(runs.Sum(run => run.Strikes) > 100, "faults strike");
        Assert.True(runs.Sum(run => run.MemberChanges) > 5, "members come and go");
        Assert.True(runs.Sum(run => run.Several) > 3, "several members change at once");
        Assert.True(runs.Sum(run => run.Transfers) > 10, "the leadership is handed over");
        Assert.True(runs.Sum(run => run.Dropped) > 20, "logs are truncated");
        Assert.True(runs.Sum(run => run.Fetched) > 50, "replicas far behind fetch from others");
        Assert.True(runs.Sum(run => run.Snapshots) > 100, "snapshots are taken");
        Assert.True(runs.Sum(run => run.ForMembers) > 0, "snapshots are taken for members that need one");
        Assert.True(runs.Sum(run => run.Restored) > 20, "states are made from snapshots");
        Assert.True(runs.Sum(run => run.Cuts) > 20, "logs are cut behind snapshots");
        Assert.True(runs.Sum(run => run.Installed) > 1, "snapshots of others replace logs");
        Assert.True(runs.Sum(run => run.Repaired) > 5, "damaged logs are repaired");
        Assert.True(runs.Sum(run => (long)run.Followed) > 500, "the log is followed");
        Assert.True(runs.Sum(run => run.FeedLost) > 20, "feeds lose messages");
        Assert.True(runs.Sum(run => run.Lies) > 20, "somebody lies");
    }
}
