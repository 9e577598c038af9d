using Chorus.Common.Hosting;
using Chorus.Tests.Log;

namespace Chorus.Tests.LoggerProgram;

/// <summary>A logger whose record has rotted.</summary>
public sealed class DamagedRecordTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_damaged_record_is_repaired_from_the_cluster_and_goes_on()
    {
        using var cluster = new RunningCluster(Folder("a"));
        LoggerCluster log0 = RunningLogger.Cluster("log0", Folder("log0"), cluster.JoinEndpoint);
        await RecordAsync(cluster, log0);
        SegmentVandal.FlipInTheMiddle(Folder("log0"));
        Assert.Equal(ExitCodes.Corruption, ToolRun.Of("verify", Folder("log0")).Code);
        using (var logger = new RunningLogger(log0))
        {
            await cluster.SetAsync(200, 210);
            logger.WaitFor("log0", 213);
            Assert.Equal(ExitCodes.Ok, logger.Stop());
        }
        AssertEqual("a", "log0");
    }

    [Fact]
    public async Task A_damaged_record_is_repaired_from_another_logger_when_the_cluster_is_down()
    {
        LoggerCluster log0, log1;
        using (var cluster = new RunningCluster(Folder("a")))
        {
            log0 = RunningLogger.Cluster("log0", Folder("log0"), cluster.JoinEndpoint);
            log1 = RunningLogger.Cluster("log1", Folder("log1"), cluster.JoinEndpoint);
            await RecordAsync(cluster, log0, log1);
        }
        SegmentVandal.FlipInTheMiddle(Folder("log0"));
        using (var sound = new RunningLogger(log1 with { JoinEndpoint = null }))
        using (var damaged = new RunningLogger(log0 with { JoinEndpoint = null }))
        {
            damaged.WaitFor("log0", 204);
            Assert.Equal(ExitCodes.Ok, damaged.Stop());
            Assert.Equal(ExitCodes.Ok, sound.Stop());
        }
        AssertEqual("log1", "log0");
    }

    private static async Task RecordAsync(RunningCluster cluster, params LoggerCluster[] loggers)
    {
        using var logger = new RunningLogger(loggers);
        // In several batches: what rots in the middle has others behind it.
        for (int i = 0; i < 200; i += 50)
        {
            await cluster.SetAsync(i, i + 50);
            foreach (LoggerCluster each in loggers)
                logger.WaitFor(each.Id, (ulong)i + 52 + (ulong)loggers.Length);
        }
        Assert.Equal(ExitCodes.Ok, logger.Stop());
    }

    private void AssertEqual(string one, string other)
    {
        Assert.Equal(0, ToolRun.Of("verify", Folder(other)).Code);
        Assert.True(ToolRun.Of("diff", Folder(one), Folder(other), "-o", "json").Json
            .GetProperty("equal").GetBoolean());
    }

    private string Folder(string name) => Path.Combine(_directory.Path, name);
}
