using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

public sealed class PosixStorageTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_log_on_a_real_disk_and_thread_comes_back()
    {
        ulong chain;
        using (var woken = new AutoResetEvent(false))
        using (var thread = new DiskThread("disk", () => woken.Set()))
        {
            using RecordLog log = RecordLog.Open(
                new PosixStorage(_temporary.Path), thread, LogTestOptions.Small, LogTestOptions.Cluster);
            log.SaveHardState(new HardState(new Term(2), new NodeId("me"), LogIndex.Zero));
            for (int i = 0; i < 500; i++)
            {
                log.Append(new Term(2), RecordKind.Command, i, new byte[i]);
                log.Flush();
                Take(log, woken, wait: i % 10 == 0);
            }
            while (log.DurableIndex < log.LastIndex)
            {
                log.Flush();
                Take(log, woken, wait: true);
            }
            chain = log.LastChain;
        }
        using var again = new LogDriver(new PosixStorage(_temporary.Path));
        Assert.Equal(500, again.All().Count);
        Assert.Equal(chain, again.Log.LastChain);
        Assert.Equal(new NodeId("me"), again.Log.Recovered.HardState.VotedFor);
    }

    [Fact]
    public void Files_behave_as_the_port_says()
    {
        var storage = new PosixStorage(_temporary.Path);
        using (IStorageFile file = storage.Create("b"))
        {
            Assert.Equal("b", file.Name);
            Assert.Throws<IOException>(() => storage.Create("b"));
            file.Write(10, [1, 2, 3]);
            file.Sync();
            byte[] bytes = new byte[20];
            Assert.Equal(13, file.Read(0, bytes));
            Assert.Equal([0, 1, 2, 3, 0], bytes[9..14]);
            file.SetLength(11);
            Assert.Equal(11, file.Length);
        }
        storage.Create("B").Dispose();
        storage.SyncDirectory();
        Assert.Equal(["B", "b"], storage.List());
        storage.Rename("b", "B");
        using (IStorageFile file = storage.Open("B", writable: false))
            Assert.Equal(11, file.Length);
        storage.Delete("B");
        Assert.False(storage.Exists("B"));
        Assert.True(storage.FreeBytes > 0);
    }

    [Fact]
    public void What_cannot_be_reserved_is_told_as_a_full_disk_and_leaves_nothing()
    {
        // A file system in memory has less room than this, and says so before anything is written.
        using var folder = new TemporaryDirectory("/dev/shm");
        var storage = new PosixStorage(folder.Path);
        Assert.Throws<DiskFullException>(() => storage.CreateReserved("a", storage.FreeBytes + (1L << 40)));
        Assert.Empty(storage.List());
        using (IStorageFile file = storage.CreateReserved("a", 10_000))
            Assert.Equal(10_000, file.Length);
    }

    [Fact]
    public void A_job_that_fails_reports_it_and_the_thread_goes_on()
    {
        using var woken = new AutoResetEvent(false);
        using var thread = new DiskThread("disk", () => woken.Set());
        var bad = new Job(new IOException("broken"));
        var good = new Job(null);
        thread.Post(bad);
        Assert.True(woken.WaitOne(TimeSpan.FromSeconds(10)));
        Assert.Equal("broken", bad.Error?.Message);
        thread.Post(good);
        Assert.True(woken.WaitOne(TimeSpan.FromSeconds(10)));
        Assert.True(good.IsSynced);
    }

    private static void Take(RecordLog log, AutoResetEvent woken, bool wait)
    {
        do
        {
            while (log.TryTakeCompletion(out LogCompletion completion))
                Assert.Null(completion.Error);
        }
        while (wait && log.IsBusy && woken.WaitOne(TimeSpan.FromSeconds(10)));
    }

    private sealed class Job(Exception? error) : IDiskJob
    {
        public bool IsSynced { get; private set; }

        public Exception? Error { get; private set; }

        public void Write()
        {
            if (error is not null)
                throw error;
        }

        public void Sync() => IsSynced = true;

        public void Fail(Exception failure) => Error = failure;
    }
}
