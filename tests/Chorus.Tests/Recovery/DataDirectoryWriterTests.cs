using System.Text;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.Recovery;

public sealed class DataDirectoryWriterTests : IDisposable
{
    private const string StateBase = "preload 3,4";

    private readonly TemporaryDirectory _folder = new();

    private string Path => System.IO.Path.Combine(_folder.Path, "node7");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_directory_is_that_of_a_new_node_with_the_whole_log_committed()
    {
        FakeLog log = FakeLog.Of(5_000);
        log.Append([], RecordKind.NoOp, term: 3);
        using (DataDirectoryWriter writer = Create(log))
        {
            Write(log, writer);
            writer.Complete();
        }
        using NodeDirectory directory = NodeDirectory.Open(Path, "node7");
        Assert.Equal((log.ClusterId, StateBase), (directory.ClusterId, directory.StateBase));
        Assert.False(directory.Identity.IsFounder);
        Assert.NotEqual(0ul, directory.Incarnation);
        using RecordLog reopened = Reopen(directory, log);
        Assert.Equal(log.Last, reopened.LastIndex);
        Assert.Equal(log.ChainAt(log.Last), reopened.LastChain);
        Assert.Equal(new HardState(new Term(3), NodeId.None, log.Last), reopened.Recovered.HardState);
        Assert.Empty(reopened.RecoveryNotes);
    }

    [Fact]
    public void A_directory_that_was_not_completed_still_is_a_sound_beginning_of_the_log()
    {
        FakeLog log = FakeLog.Of(5_000);
        using (DataDirectoryWriter writer = Create(log))
            Write(log, writer);
        using NodeDirectory directory = NodeDirectory.Open(Path, "node7");
        using RecordLog reopened = Reopen(directory, log);
        Assert.Equal(log.ChainAt(reopened.LastIndex), reopened.LastChain);
        Assert.Equal(new Term(1), reopened.Recovered.HardState.Term);
        Assert.Equal(LogIndex.Zero, reopened.Recovered.HardState.Commit);
    }

    [Fact]
    public void What_stands_in_a_directory_is_never_touched()
    {
        Directory.CreateDirectory(Path);
        string file = System.IO.Path.Combine(Path, "diary.txt");
        File.WriteAllText(file, "mine", Encoding.UTF8);
        ChorusException error = Assert.Throws<ChorusException>(() => Create(FakeLog.Of(1)));
        Assert.Equal("not_empty", error.Code);
        Assert.Equal([file], Directory.GetFileSystemEntries(Path));
    }

    private DataDirectoryWriter Create(FakeLog log) =>
        DataDirectoryWriter.Create(Path, "node7", log.ClusterId, StateBase);

    private static RecordLog Reopen(NodeDirectory directory, FakeLog log) =>
        RecordLog.Open(directory.Storage, new InlineDiskExecutor(), new LogOptions(), log.ClusterId);

    private static void Write(FakeLog log, DataDirectoryWriter writer)
    {
        var sources = new FakeSources();
        sources.Add("s0", log);
        var clock = new ManualClock();
        var fetch = new StripedFetch(
            sources, clock,
            new FetchPlan
            {
                Sources = ["s0"],
                ClusterId = log.ClusterId,
                From = new LogIndex(1),
                Until = log.Until,
            });
        while (fetch.State == FetchState.Running)
        {
            fetch.DoWork();
            while (fetch.TryTake(out FetchedRecords? chunk))
            {
                writer.Append(chunk);
                fetch.Return(chunk);
            }
            clock.MonotonicMicros += 1_000;
        }
        Assert.Equal(FetchState.Complete, fetch.State);
    }
}
