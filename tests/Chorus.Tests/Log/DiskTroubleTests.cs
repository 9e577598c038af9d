using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>Trap 5: a failed sync is final; a full disk is not.</summary>
public sealed class DiskTroubleTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void A_failed_sync_stops_the_log_for_good()
    {
        var storage = new FragileStorage();
        using var driver = new LogDriver(storage);
        driver.Save(1);
        driver.Append(1, "durable");
        Assert.True(driver.Settle());
        driver.Append(1, "not durable");
        driver.Log.Flush();
        storage.SyncFails = true;
        Assert.False(driver.Settle());
        Assert.Equal("the device does not answer", driver.Last.Error!.Message);
        Assert.Equal(new LogIndex(1), driver.Last.LastIndex);
        storage.SyncFails = false;
        int operations = storage.Operations;
        driver.Append(1, "later");
        driver.Log.Flush();
        driver.Log.MaintainRoom(Second);
        Assert.False(driver.Log.TryTakeCompletion(out _));
        Assert.False(driver.Log.HasRoom(1));
        Assert.Equal(0, driver.JobsWaiting);
        Assert.Equal(operations, storage.Operations);
    }

    [Fact]
    public void A_full_disk_refuses_early_keeps_what_was_taken_and_goes_on_by_itself()
    {
        // Room for the hard state and two segments.
        var storage = new MemoryStorage(8192 + 2 * LogTestOptions.Small.SegmentSizeBytes);
        using var driver = new LogDriver(storage);
        driver.Save(1);
        string payload = new('d', 500);
        int appended = 0;
        while (driver.Log.HasRoom(payload.Length + RecordHeader.SizeBytes))
        {
            driver.Append(1, payload);
            Assert.True(driver.Settle());
            Assert.InRange(++appended, 1, 200);
        }
        Assert.True(driver.Log.IsDiskFull);
        Assert.Equal((ulong)appended, driver.Last.LastIndex.Value);

        // What cannot be refused still finds room, and then waits without a failure.
        for (int i = 0; i < 10; i++)
            driver.Append(1, payload);
        driver.Save(1);
        Assert.True(driver.Settle());
        Assert.True(driver.Last.LastIndex.Value > (ulong)appended);
        Assert.Equal(appended + 10, driver.All().Count);

        driver.Log.MaintainRoom(10 * Second);
        driver.Log.MaintainRoom(12 * Second);
        Assert.True(driver.Log.IsDiskFull);

        storage.CapacityBytes *= 2;
        driver.Log.MaintainRoom(14 * Second);
        driver.Log.MaintainRoom(16 * Second);
        Assert.True(driver.Settle());
        Assert.False(driver.Log.IsDiskFull);
        Assert.True(driver.Log.HasRoom(payload.Length));
        Assert.Equal(driver.Log.LastIndex, driver.Last.LastIndex);
        using var again = new LogDriver(storage);
        Assert.Equal(appended + 10, again.All().Count);
    }

    [Fact]
    public void Proposals_are_refused_while_too_much_waits_for_the_disk()
    {
        var options = LogTestOptions.Small with { PendingBytesMax = 10_000 };
        using var driver = new LogDriver(new MemoryStorage(), options);
        Assert.True(driver.Log.HasRoom(10_000));
        Assert.False(driver.Log.HasRoom(10_001));
        driver.Save(1);
        driver.Append(1, new string('x', 5000));
        Assert.False(driver.Log.HasRoom(5000));
        driver.Log.Flush();
        Assert.False(driver.Log.HasRoom(5000));
        Assert.True(driver.Settle());
        Assert.True(driver.Log.HasRoom(10_000));
    }

    [Fact]
    public void A_directory_of_another_cluster_is_refused()
    {
        var storage = new MemoryStorage();
        using (var driver = new LogDriver(storage))
        {
            driver.Save(1);
            driver.Append(1, "x");
            Assert.True(driver.Settle());
        }
        var error = Assert.Throws<LogCorruptionException>(() => RecordLog.Open(
            storage, new InlineDiskExecutor(), LogTestOptions.Small, Guid.NewGuid()));
        Assert.Contains("belongs to cluster", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_waits_for_the_one_before_it()
    {
        using var driver = new LogDriver(new MemoryStorage());
        driver.Save(1);
        Assert.True(driver.Settle());
        driver.Append(1, "a");
        driver.Log.Flush();
        int jobs = driver.JobsWaiting;
        driver.Append(1, "b");
        driver.Append(1, "c");
        driver.Log.Flush();
        Assert.Equal(jobs, driver.JobsWaiting);
        Assert.True(driver.Settle());
        Assert.Equal(new LogIndex(3), driver.Last.LastIndex);
    }
}
