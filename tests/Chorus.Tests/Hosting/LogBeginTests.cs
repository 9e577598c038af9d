using System.Text;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.LoggerProgram;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Hosting;

public sealed class LogBeginTests
{
    [Fact]
    public void A_replica_whose_log_does_not_begin_at_the_beginning_does_not_start()
    {
        using var directory = new TemporaryDirectory();
        Fill(directory.Path);
        var options = new ReplicaHostOptions
        {
            Id = "n1",
            DataDirectory = directory.Path,
            ClientEndpoint = Free(),
            PeerEndpoint = Free(),
            TransferEndpoint = Free(),
            FeedEndpoint = Free(),
        };
        var host = new ReplicaHost(options, () => new KvStateMachine(), NullLoggerFactory.Instance);
        // Nobody is known who could have the records.
        var error = Assert.Throws<LogCorruptionException>(() => host.Run(CancellationToken.None));
        Assert.Equal(ExitCodes.Corruption, CommandErrors.Explain(error).ExitCode);
        Assert.Contains("begins with record 101", error.Message, StringComparison.Ordinal);
        Assert.Contains(directory.Path, error.Message, StringComparison.Ordinal);
    }

    private static void Fill(string path)
    {
        using NodeDirectory node = NodeDirectory.Open(path, "n1");
        node.SetCluster(LogTestOptions.Cluster);
        var before = new RecordHeader(0, new LogIndex(100), new Term(1), 7, 1, RecordKind.NoOp);
        using RecordLog log = RecordLog.Open(
            node.Storage, new InlineDiskExecutor(), new LogOptions(), LogTestOptions.Cluster, before);
        log.SaveHardState(new HardState(new Term(1), NodeId.None, LogIndex.Zero));
        log.Append(new Term(1), RecordKind.Command, 2, Encoding.UTF8.GetBytes("late"));
        while (log.DurableIndex < log.LastIndex)
        {
            log.Flush();
            while (log.TryTakeCompletion(out LogCompletion completion))
                Assert.Null(completion.Error);
        }
    }

    private static HostEndpoint Free() => new("127.0.0.1", RunningCluster.FreePorts(1)[0]);
}
