using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>What waits for the first segment file, while a disk makes it whose steps the test takes.</summary>
public sealed class SegmentWaitTests : IDiskExecutor
{
    private readonly Queue<IDiskJob> _jobs = new();

    void IDiskExecutor.Post(IDiskJob job) => _jobs.Enqueue(job);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_that_becomes_ready_at_any_moment_is_used_without_another_append(bool isNoticedByFlush)
    {
        using RecordLog log = RecordLog.Open(new MemoryStorage(), this, LogTestOptions.Small, Guid.NewGuid());
        log.Append(new Term(1), RecordKind.Command, 1, "value"u8);
        log.Flush();
        while (log.DurableIndex == LogIndex.Zero)
        {
            Assert.True(_jobs.TryDequeue(out IDiskJob? job), "the record waits for ever");
            DiskWork.Run(job);
            if (isNoticedByFlush)
                log.Flush();
            else
                log.MaintainRoom(1);
            while (log.TryTakeCompletion(out LogCompletion completion))
                Assert.Null(completion.Error);
        }
        Assert.Equal(new LogIndex(1), log.DurableIndex);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(3_000, false)]
    public void Segments_are_filled_behind_short_batches_and_reserved_behind_long_ones(int payload, bool fills)
    {
        var storage = new FragileStorage();
        using var driver = new LogDriver(storage, LogTestOptions.Small with { FilledBatchBytesMax = 300 });
        Write(80_000);
        // Those that were made before it was clear how long batches are were filled in any case.
        long before = storage.FillBytes;
        Write(160_000);
        Assert.Equal(fills, storage.FillBytes > before);

        void Write(int bytes)
        {
            for (int i = 0; i < bytes / payload; i++)
            {
                driver.Append(1, new string('v', payload));
                Assert.True(driver.Settle());
            }
        }
    }

    [Fact]
    public void No_segment_is_filled_where_none_is_to_be()
    {
        var storage = new FragileStorage();
        using var driver = new LogDriver(storage, LogTestOptions.Small with { FilledBatchBytesMax = 0 });
        for (int i = 0; i < 800; i++)
        {
            driver.Append(1, new string('v', 100));
            Assert.True(driver.Settle());
        }
        Assert.Equal(0, storage.FillBytes);
    }
}
