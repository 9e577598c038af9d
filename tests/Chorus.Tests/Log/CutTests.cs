using System.Text;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>A log whose beginning is not kept.</summary>
public sealed class CutTests
{
    private readonly MemoryStorage _storage = new();

    [Fact]
    public void Whole_segments_before_an_index_are_removed_and_nothing_else()
    {
        using LogDriver driver = Filled(600);
        int before = Segments().Count;
        var index = new LogIndex(400);
        RecordHeader kept = driver.Log.HeaderAt(index);
        Assert.True(driver.Log.CutBefore(index));
        Assert.True(driver.Settle());
        Assert.InRange(driver.Log.FirstIndex.Value, 200ul, 400ul);
        Assert.InRange(Segments().Count, 2, before - 2);
        Assert.Equal(600 - (int)driver.Log.FirstIndex.Value + 1, driver.All().Count);
        Assert.Equal(kept, driver.Log.HeaderAt(index));
        Assert.False(driver.Log.CutBefore(index));
    }

    [Fact]
    public void The_record_before_the_first_one_is_still_known()
    {
        using LogDriver driver = Filled(600);
        List<RecordHeader> headers = [.. Enumerable.Range(1, 600).Select(i => driver.Log.HeaderAt(new((ulong)i)))];
        driver.Log.CutBefore(new LogIndex(400));
        RecordHeader expected = headers[(int)driver.Log.FirstIndex.Value - 2];
        Assert.Equal(expected with { PayloadLength = 0 }, driver.Log.Base with { Kind = expected.Kind });
        Assert.Equal(driver.Log.Base, driver.Log.HeaderAt(driver.Log.Base.Index));
        Assert.Equal(expected.TimeMicros, driver.Log.TimeAt(expected.Index));
        Assert.True(driver.Log.BytesBetween(new LogIndex(1), new LogIndex(601)) > 0);
        Assert.Equal(0, driver.Log.BytesBetween(new LogIndex(1), driver.Log.FirstIndex));
    }

    [Fact]
    public void A_log_that_was_cut_is_recovered_from_its_first_segment_on()
    {
        List<string> kept;
        LogIndex first;
        using (LogDriver driver = Filled(600))
        {
            driver.Log.CutBefore(new LogIndex(400));
            Assert.True(driver.Settle());
            (kept, first) = (driver.All(), driver.Log.FirstIndex);
        }
        using var again = new LogDriver(_storage);
        Assert.Equal(first, again.Log.FirstIndex);
        Assert.Equal(first, again.Log.Recovered.Log.From);
        Assert.Equal(new LogIndex(601), again.Log.Recovered.Log.Until);
        Assert.Equal(kept, again.All());
        again.Append(2, "goes on");
        Assert.True(again.Settle());
        Assert.Equal([.. kept, "2:goes on"], again.All());
    }

    [Fact]
    public void The_segment_with_the_last_durable_record_stays()
    {
        using LogDriver driver = Filled(600);
        driver.Log.CutBefore(new LogIndex(601));
        Assert.True(driver.Settle());
        Assert.True(driver.Log.FirstIndex.Value <= 600);
        Assert.NotEmpty(driver.All());
        Assert.Throws<InvariantViolationException>(() => driver.Log.CutBefore(new LogIndex(602)));
    }

    [Fact]
    public void What_is_cut_off_can_neither_be_read_nor_truncated()
    {
        using LogDriver driver = Filled(600);
        driver.Log.CutBefore(new LogIndex(400));
        LogIndex gone = driver.Log.FirstIndex.Previous;
        Assert.Throws<InvariantViolationException>(() => driver.Log.Read(gone, gone.Next, out _).Length);
        Assert.Throws<InvariantViolationException>(() => driver.Log.Truncate(gone));
        driver.Log.Truncate(driver.Log.FirstIndex);
        driver.Append(1, "new");
        Assert.True(driver.Settle());
        Assert.Equal(["1:new"], driver.All());
    }

    [Fact]
    public void Readers_on_other_threads_are_shown_where_the_log_begins()
    {
        using LogDriver driver = Filled(600);
        using var reader = new LogReader(_storage);
        LogExtent before = driver.Log.ExtentUpTo(new LogIndex(600));
        driver.Log.CutBefore(new LogIndex(400));
        Assert.True(driver.Settle());
        LogExtent extent = driver.Log.ExtentUpTo(new LogIndex(600));
        Assert.Equal(driver.Log.FirstIndex, extent.First);
        Assert.Equal(driver.Log.FirstIndex.Value, extent.Segments[0].First);
        Assert.Equal(driver.Log.Base, reader.HeaderAt(extent, extent.First.Previous));
        Assert.True(reader.Read(extent, extent.First, extent.First.Next, 1, out _).Length > 0);
        Assert.True(reader.Read(before, new LogIndex(1), new LogIndex(2), 1, out LogIndex until).IsEmpty);
        Assert.Equal(new LogIndex(1), until);
    }

    [Theory]
    [InlineData(0, 600)]
    [InlineData(20_000, 430)]
    [InlineData(40_000, 310)]
    [InlineData(1_000_000, 1)]
    public void A_cut_can_be_chosen_by_the_bytes_that_are_to_stay(long bytes, int about)
    {
        const int perSegment = 140;
        using LogDriver driver = Filled(600);
        LogIndex index = driver.Log.CutToKeep(bytes);
        Assert.InRange((int)index.Value, about - perSegment, about + 10);
        driver.Log.CutBefore(index);
        Assert.True(driver.Settle());
        Assert.Equal(index, driver.Log.FirstIndex);
    }

    [Fact]
    public void A_log_may_begin_in_the_middle()
    {
        var before = new RecordHeader(0, new LogIndex(5_000), new Term(7), 0xABCDEF, 1_000_000, RecordKind.NoOp);
        RecordHeader last;
        using (var driver = new LogDriver(_storage, startAfter: before))
        {
            Assert.Equal(new LogIndex(5_001), driver.Log.FirstIndex);
            Assert.Equal(new LogIndex(5_000), driver.Log.LastIndex);
            Assert.Equal(0xABCDEFul, driver.Log.LastChain);
            Assert.Equal(1_000_000, driver.Log.LastTimeMicros);
            LogExtent extent = driver.Log.ExtentUpTo(new LogIndex(5_000));
            Assert.Equal((new LogIndex(5_001), before), (extent.First, extent.Limit));
            driver.Save(7);
            driver.Append(7, "first");
            driver.Append(7, "second");
            Assert.True(driver.Settle());
            last = driver.Log.HeaderAt(new LogIndex(5_002));
        }
        // The first segment says it from now on.
        using var again = new LogDriver(_storage, startAfter: before with { Index = new LogIndex(9) });
        Assert.Equal(new LogIndex(5_001), again.Log.FirstIndex);
        Assert.Equal(last, again.Log.HeaderAt(new LogIndex(5_002)));
        Assert.Equal(["7:first", "7:second"], again.All());
    }

    [Fact]
    public void An_empty_log_that_begins_in_the_middle_takes_only_what_continues_the_chain()
    {
        using LogDriver source = Filled(10, new MemoryStorage());
        RecordHeader before = source.Log.HeaderAt(new LogIndex(6));
        byte[] records = source.Log.Read(new LogIndex(7), new LogIndex(11), out _).ToArray();
        using var wrong = new LogDriver(new MemoryStorage(), startAfter: before with { Chain = 1 });
        Assert.Throws<LogCorruptionException>(() => wrong.Log.AppendRecords(records));
        using var driver = new LogDriver(_storage, startAfter: before);
        driver.Save(1);
        driver.Log.AppendRecords(records);
        Assert.True(driver.Settle());
        Assert.Equal(source.Log.LastChain, driver.Log.LastChain);
    }

    [Fact]
    public void A_full_disk_does_not_keep_a_cut_from_making_room()
    {
        using LogDriver driver = Filled(600);
        _storage.CapacityBytes = 0;
        for (int i = 0; i < 300; i++)
            driver.Append(1, new string('x', 100));
        driver.Settle();
        Assert.True(driver.Log.IsDiskFull && driver.Log.PendingBytes > 0);
        int before = Segments().Count;
        Assert.True(driver.Log.CutBefore(new LogIndex(500)));
        for (int left = before; left > before - 3; left--)
        {
            Assert.Equal(left, Segments().Count);
            driver.Pass(0);
        }
    }

    [Fact]
    public void Files_are_removed_one_by_one_with_rests_that_are_shorter_while_many_wait()
    {
        const long step = 10_000;
        LogOptions options = LogTestOptions.Small;
        options = options with { RemovedBytesPerSecond = options.SegmentSizeBytes };
        using LogDriver driver = Filled(20_000, options: options);
        int left = Segments().Count;
        Assert.True(left > 100);
        driver.Log.CutBefore(driver.Log.DurableIndex);
        Assert.Equal(left, Segments().Count);
        var rests = new List<long>();
        for (long rest = 0; left > 1; rest += step)
        {
            driver.Pass(step);
            if (Segments().Count == left)
                continue;
            Assert.Equal(--left, Segments().Count);
            rests.Add(rest);
            rest = 0;
        }
        Assert.Equal(0, rests[0]);
        Assert.InRange(rests[1], 64_000_000 / (rests.Count + 1) - step, 64_000_000 / rests.Count + step);
        Assert.All(rests[^60..], rest => Assert.InRange(rest, 1_000_000, 1_000_000 + step));
    }

    [Fact]
    public void A_log_that_is_closed_before_its_files_are_removed_begins_with_the_first_that_is_left()
    {
        LogIndex cut;
        using (LogDriver driver = Filled(600))
        {
            driver.Log.CutBefore(new LogIndex(400));
            cut = driver.Log.FirstIndex;
            driver.Pass(1_000_000);
            Assert.False(driver.Log.IsBusy);
        }
        using var again = new LogDriver(_storage);
        Assert.InRange(again.Log.FirstIndex.Value, 2ul, cut.Value - 1);
        Assert.Equal(600 - (int)again.Log.FirstIndex.Value + 1, again.All().Count);
        Assert.True(again.Log.CutBefore(new LogIndex(400)));
        Assert.Equal(cut, again.Log.FirstIndex);
    }

    [Fact]
    public void A_removal_that_fails_stops_the_node()
    {
        var storage = new FragileStorage();
        using LogDriver driver = Filled(600, storage);
        storage.SyncFails = true;
        driver.Log.CutBefore(new LogIndex(400));
        Assert.False(driver.Settle());
        Assert.NotNull(driver.Last.Error);
    }

    private List<string> Segments() =>
        [.. _storage.List().Where(name => name.EndsWith(".log", StringComparison.Ordinal))];

    private LogDriver Filled(int records, IStorage? storage = null, LogOptions? options = null)
    {
        var driver = new LogDriver(storage ?? _storage, options);
        driver.Save(2);
        for (int i = 1; i <= records; i++)
        {
            driver.Log.Append(
                new Term(1), RecordKind.Command, 1_000 + i, Encoding.UTF8.GetBytes($"value {i} {new string('v', 60)}"));
            if (i % 10 == 0)
                Assert.True(driver.Settle());
        }
        Assert.True(driver.Settle());
        return driver;
    }
}
