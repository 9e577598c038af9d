using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

public sealed class LogFolderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_folder_is_seen_as_a_restart_would_find_it()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            string path = Path.Combine(_directory.Path, $"{seed}");
            List<string> expected;
            ulong chain;
            using (var driver = new LogDriver(new PosixStorage(path)))
            {
                AppendAndTruncate(driver, new Random(seed), 60);
                Assert.True(driver.Settle());
                expected = driver.All();
                chain = driver.Log.LastChain;
                Check(path, expected, chain);
            }
            Check(path, expected, chain);
            using var again = new LogDriver(new PosixStorage(path));
            Assert.Equal(expected, again.All());
            Check(path, expected, chain);
        }
    }

    [Fact]
    public void A_folder_may_be_looked_at_while_its_process_writes()
    {
        string path = Path.Combine(_directory.Path, "busy");
        using var done = new CancellationTokenSource();
        using var driver = new LogDriver(new PosixStorage(path));
        driver.Save(1);
        driver.Append(1, "first");
        Assert.True(driver.Settle());
        Exception? failure = null;
        int looks = 0;
        var thread = new Thread(() =>
        {
            try
            {
                while (!done.IsCancellationRequested)
                {
                    Look(path);
                    Interlocked.Increment(ref looks);
                }
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                failure = error;
            }
        })
        { IsBackground = true };
        thread.Start();
        var random = new Random(3);
        Waiting.Until(
            () =>
            {
                AppendAndTruncate(driver, random, 20);
                return failure is not null || Volatile.Read(ref looks) >= 40;
            },
            "forty looks");
        done.Cancel();
        Assert.True(thread.Join(TimeSpan.FromSeconds(10)));
        Assert.Null(failure);
    }

    [Fact]
    public void A_hard_state_says_what_is_known_to_be_committed_and_an_observer_has_nothing_else()
    {
        foreach (bool isObserver in (bool[])[false, true])
        {
            string path = Path.Combine(_directory.Path, $"{isObserver}");
            using NodeDirectory node = NodeDirectory.Open(path, "n1", isObserver);
            node.SetCluster(LogTestOptions.Cluster);
            using var driver = new LogDriver(node.Storage);
            driver.Log.SaveHardState(new HardState(new Term(1), NodeId.None, new LogIndex(2)));
            for (int i = 0; i < 5; i++)
                driver.Append(1, $"{i}");
            Assert.True(driver.Settle());
            LogFolder folder = LogFolder.Open(path);
            Assert.Equal(new LogIndex(isObserver ? 5ul : 2ul), folder.Commit);
            Assert.Equal("n1", folder.Identity!.NodeId);
            Assert.Empty(folder.Damages);
        }
    }

    [Fact]
    public void A_damaged_hard_state_or_identity_is_named_and_the_log_is_still_read()
    {
        string path = Path.Combine(_directory.Path, "n1");
        using (NodeDirectory node = NodeDirectory.Open(path, "n1"))
        {
            node.SetCluster(LogTestOptions.Cluster);
            using var driver = new LogDriver(node.Storage);
            driver.Save(1);
            driver.Append(1, "x");
            Assert.True(driver.Settle());
        }
        File.WriteAllBytes(Path.Combine(path, "hard-state"), new byte[8192]);
        File.AppendAllText(Path.Combine(path, "node"), "more");
        LogFolder folder = LogFolder.Open(path);
        Assert.Equal(["node", "hard-state"], folder.Damages.Select(damage => Path.GetFileName(damage.File)));
        Assert.Null(folder.Commit);
        Assert.Equal(new LogIndex(1), folder.Extent.Limit.Index);
    }

    private static void Check(string path, List<string> expected, ulong chain)
    {
        LogFolder folder = LogFolder.Open(path);
        using var reader = new LogReader(folder.Storage);
        Assert.Equal(expected, LogReading.All(reader, folder.Extent, new LogIndex(1), 5000));
        Assert.Equal(chain, folder.Extent.Limit.Chain);
        Assert.Empty(folder.Damages);
        Assert.Null(folder.TailNote);
    }

    private static void Look(string path)
    {
        LogFolder folder = LogFolder.Open(path);
        Assert.Empty(folder.Damages);
        using var reader = new LogReader(folder.Storage);
        var walk = new LogWalk(reader, folder.Extent, folder.Extent.First, folder.Extent.Limit.Index.Next);
        ulong chain = 0;
        while (walk.Read())
            chain = RecordCodec.Chain(chain, walk.Record);
        if (!walk.IsGone)
            Assert.Equal(folder.Extent.Limit.Chain, chain);
    }

    private static void AppendAndTruncate(LogDriver driver, Random random, int steps)
    {
        ulong term = driver.Log.LastIndex == LogIndex.Zero ? 1 : driver.Log.HeaderAt(driver.Log.LastIndex).Term.Value;
        driver.Save(++term);
        for (int i = 0; i < steps; i++)
        {
            if (random.Next(6) == 0 && driver.Log.LastIndex.Value > 3)
            {
                driver.Save(++term);
                driver.Log.Truncate(new LogIndex(driver.Log.LastIndex.Value - (ulong)random.Next(3)));
                driver.Append(term, $"after {i}");
            }
            for (int count = random.Next(1, 12); count > 0; count--)
                driver.Append(term, $"{i} {new string('x', random.Next(300))}");
            Assert.True(driver.Settle());
        }
    }
}
