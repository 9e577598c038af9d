using System.Globalization;
using Chorus.Client.Commands;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Tests.Log;

namespace Chorus.Tests.LoggerProgram;

public sealed class LoggerHostTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Two_clusters_are_recorded_and_a_restart_continues_without_gap_or_repeat()
    {
        using var first = new RunningCluster(Folder("a"));
        using var second = new RunningCluster(Folder("b"), "preload 3,4");
        LoggerCluster log0 = RunningLogger.Cluster("log0", Folder("log0"), first.JoinEndpoint);
        LoggerCluster log1 = RunningLogger.Cluster("log1", Folder("log1"), second.JoinEndpoint);
        using (var logger = new RunningLogger(log0, log1))
        {
            await first.SetAsync(0, 200);
            await second.SetAsync(0, 100);
            // The first configuration, a no-op, the observer's own admission, and the commands.
            logger.WaitFor("log0", 203);
            logger.WaitFor("log1", 103);
            await first.SetAsync(200, 250);
            logger.WaitFor("log0", 253);
            Assert.Equal(ExitCodes.Ok, logger.Stop());
        }
        await first.SetAsync(250, 300);
        using (var logger = new RunningLogger(log0 with { JoinEndpoint = null }, log1))
        {
            logger.WaitFor("log0", 303);
            await first.SetAsync(300, 310);
            logger.WaitFor("log0", 313);
            logger.WaitFor("log1", 103);
            Assert.Equal(ExitCodes.Ok, logger.Stop());
        }
        Assert.Equal(0, ToolRun.Of("verify", Folder("log0"), Folder("log1")).Code);
        ToolRun diff = ToolRun.Of("diff", Folder("a"), Folder("log0"), "-o", "json");
        Assert.True(diff.Json.GetProperty("equal").GetBoolean());
        Assert.Equal(313ul, diff.Json.GetProperty("to").GetUInt64());
        Assert.Equal(Enumerable.Range(1, 313).Select(i => (ulong)i), TextIndexes("log0"));
        Assert.Equal(Enumerable.Range(1, 103).Select(i => (ulong)i), TextIndexes("log1"));
        Assert.Equal(310, Commands("log0"));
        Assert.Contains("state-base preload 3,4", File.ReadAllText(Path.Combine(Folder("log1"), "node")));
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_recorded_does_not_stop_the_others()
    {
        using var cluster = new RunningCluster(Folder("a"));
        LoggerCluster good = RunningLogger.Cluster("log0", Folder("log0"), cluster.JoinEndpoint);
        // The data directory of a replica, and a folder that does not say which cluster it is of.
        LoggerCluster taken = RunningLogger.Cluster("a", Folder("a"), cluster.JoinEndpoint);
        LoggerCluster nameless = RunningLogger.Cluster("log2", Folder("log2"), null);
        LoggerCluster silent = RunningLogger.Cluster(
            "log3", Folder("log3"), new HostEndpoint("127.0.0.1", RunningCluster.FreePorts(1)[0]));
        await cluster.SetAsync(0, 5);
        using var logger = new RunningLogger(taken, nameless, silent, good);
        await cluster.SetAsync(5, 10);
        logger.WaitFor("log0", 13);
        Assert.Equal(ExitCodes.Failed, logger.Stop());
        Assert.Equal(0, ToolRun.Of("verify", Folder("log0")).Code);
    }

    [Fact]
    public async Task A_second_logger_of_the_same_name_is_refused_and_the_first_goes_on()
    {
        using var cluster = new RunningCluster(Folder("a"));
        using var logger = new RunningLogger(RunningLogger.Cluster("log0", Folder("log0"), cluster.JoinEndpoint));
        await cluster.SetAsync(0, 10);
        logger.WaitFor("log0", 13);
        using (var other = new RunningLogger(RunningLogger.Cluster("log0", Folder("other"), cluster.JoinEndpoint)))
            Assert.Equal(ExitCodes.Failed, other.WaitForEnd());
        using (var same = new RunningLogger(RunningLogger.Cluster("log0", Folder("log0"), cluster.JoinEndpoint)))
            Assert.Equal(ExitCodes.Failed, same.WaitForEnd());
        await cluster.SetAsync(10, 20);
        logger.WaitFor("log0", 23);
        Assert.Equal(ExitCodes.Ok, logger.Stop());
    }

    [Fact]
    public void A_logger_that_is_stopped_before_its_cluster_is_there_says_so_by_its_exit_code()
    {
        var nobody = new HostEndpoint("127.0.0.1", RunningCluster.FreePorts(1)[0]);
        using var logger = new RunningLogger(RunningLogger.Cluster("log0", Folder("log0"), nobody));
        Assert.Equal(ExitCodes.Unreachable, logger.Stop());
    }

    [Fact]
    public async Task A_logger_follows_another_logger()
    {
        using var cluster = new RunningCluster(Folder("a"));
        using var upstream = new RunningLogger(RunningLogger.Cluster("log0", Folder("log0"), cluster.JoinEndpoint));
        await cluster.SetAsync(0, 50);
        upstream.WaitFor("log0", 53);
        LoggerCluster below = RunningLogger.Cluster("log1", Folder("log1"), cluster.JoinEndpoint);
        using var logger = new RunningLogger(below with { Upstream = "log0" });
        await cluster.SetAsync(50, 100);
        logger.WaitFor("log1", 104);
        Assert.Equal(ExitCodes.Ok, logger.Stop());
        Assert.Equal(ExitCodes.Ok, upstream.Stop());
        Assert.True(ToolRun.Of("diff", Folder("log0"), Folder("log1"), "-o", "json").Json
            .GetProperty("equal").GetBoolean());
    }

    [Fact]
    public async Task A_logger_says_by_transfer_whom_it_follows()
    {
        using var cluster = new RunningCluster(Folder("a"));
        LoggerCluster log0 = RunningLogger.Cluster("log0", Folder("log0"), cluster.JoinEndpoint);
        using var logger = new RunningLogger(log0);
        await cluster.SetAsync(0, 10);
        logger.WaitFor("log0", 13);
        await using ClusterAccess access = ClusterAccess.Connect(
            ["127.0.0.1:1"], TimeSpan.FromSeconds(5), completeInline: false, session: false, default,
            CancellationToken.None);
        Following? following = null;
        Waiting.Until(
            () => (following = Ask().Description?.Following) is { State: "live" }, "the logger says that it is live");
        Assert.Equal(("a", 13ul), (following!.Source, following.CommitIndex));
        Assert.Equal(13ul, following.Counters["chorus_follower_records_total"]);
        Assert.Equal(ExitCodes.Ok, logger.Stop());

        SurveyedSource Ask() =>
            access.Describe([log0.TransferEndpoint.ToString()]).GetAwaiter().GetResult().Single();
    }

    private string Folder(string name) => Path.Combine(_directory.Path, name);

    private ulong[] TextIndexes(string id) =>
    [
        .. Directory.GetFiles(Path.Combine(Folder(id), "text")).Order(StringComparer.Ordinal)
            .SelectMany(File.ReadAllLines)
            .Select(line => ulong.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)),
    ];

    private int Commands(string id) => File.ReadAllLines(Path.Combine(Folder(id), $"{id}-throughput.out"))
        .Sum(line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
}
