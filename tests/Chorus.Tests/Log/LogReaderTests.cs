using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

public sealed class LogReaderTests : IDisposable
{
    private readonly MemoryStorage _storage = new();
    private readonly LogDriver _driver;
    private readonly LogReader _reader;

    public LogReaderTests()
    {
        _driver = new LogDriver(_storage);
        _driver.Save(1);
        _reader = new LogReader(_storage);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _driver.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    [InlineData(100_000)]
    public void A_reader_sees_every_record_as_it_stands_in_the_log(int bytesMax)
    {
        Fill(1500);
        LogExtent extent = _driver.Log.ExtentUpTo(_driver.Log.LastIndex);
        Assert.True(extent.Segments.Count > 3);
        Assert.Equal(_driver.All(), LogReading.All(_reader, extent, new LogIndex(1), bytesMax));
        Assert.Equal(_driver.Log.LastChain, extent.Limit.Chain);
    }

    [Fact]
    public void A_record_larger_than_the_limit_comes_alone_and_whole()
    {
        _driver.Append(1, "small");
        _driver.Append(1, new string('x', 7000));
        _driver.Append(1, "small again");
        LogExtent extent = Settled();
        ReadOnlySpan<byte> records = _reader.Read(extent, new LogIndex(2), new LogIndex(4), 100, out LogIndex until);
        Assert.Equal(7000 + RecordHeader.SizeBytes, records.Length);
        Assert.Equal(new LogIndex(3), until);
    }

    [Fact]
    public void What_became_committed_after_the_bytes_were_read_ahead_is_read_again()
    {
        for (int i = 0; i < 40; i++)
        {
            _driver.Append(1, $"value {i}");
            LogExtent extent = Settled();
            Assert.Equal([$"1:value {i}"], LogReading.All(_reader, extent, extent.Limit.Index, 1000));
        }
    }

    [Fact]
    public void Entries_that_were_truncated_are_never_read()
    {
        Fill(30);
        LogExtent before = _driver.Log.ExtentUpTo(new LogIndex(20));
        Assert.Equal(20, LogReading.All(_reader, before, new LogIndex(1), 1000).Count);
        _driver.Log.Truncate(new LogIndex(21));
        for (int i = 0; i < 10; i++)
            _driver.Append(2, $"new {i}");
        LogExtent after = Settled();
        Assert.Equal(_driver.All(), LogReading.All(_reader, after, new LogIndex(1), 1000));
        Assert.Equal(30, (int)after.Limit.Index.Value);
        Assert.Equal(new LogIndex(20), before.Limit.Index);
    }

    [Fact]
    public void Only_what_is_committed_and_durable_is_shown()
    {
        Fill(10);
        _driver.Append(1, "not durable");
        Assert.Equal(new LogIndex(10), _driver.Log.ExtentUpTo(new LogIndex(11)).Limit.Index);
        Assert.Equal(new LogIndex(4), _driver.Log.ExtentUpTo(new LogIndex(4)).Limit.Index);
        LogExtent none = _driver.Log.ExtentUpTo(LogIndex.Zero);
        Assert.Equal((new LogIndex(1), LogIndex.Zero), (none.First, none.Limit.Index));
        Assert.Empty(none.Segments);
    }

    [Fact]
    public void An_extent_is_made_anew_only_when_something_has_changed()
    {
        Fill(200);
        LogExtent extent = _driver.Log.ExtentUpTo(new LogIndex(150));
        Assert.Same(extent, _driver.Log.ExtentUpTo(new LogIndex(150)));
        LogExtent later = _driver.Log.ExtentUpTo(new LogIndex(151));
        Assert.NotSame(extent, later);
        Assert.Same(extent.Segments, later.Segments);
        _driver.Log.Truncate(new LogIndex(160));
        _driver.Append(2, "x");
        Assert.True(_driver.Settle());
        Assert.NotSame(later, _driver.Log.ExtentUpTo(new LogIndex(151)));
    }

    [Fact]
    public void Headers_are_known_from_the_one_before_the_first_on()
    {
        Fill(300);
        LogExtent extent = Settled();
        Assert.Equal(0ul, _reader.HeaderAt(extent, LogIndex.Zero)!.Value.Chain);
        for (ulong index = 1; index <= 300; index += 13)
            Assert.Equal(_driver.Log.HeaderAt(new LogIndex(index)), _reader.HeaderAt(extent, new LogIndex(index)));
        var cut = new LogExtent(
            extent.ClusterId, new LogIndex(extent.Segments[1].First), extent.Limit, [.. extent.Segments.Skip(1)]);
        RecordHeader before = _reader.HeaderAt(cut, cut.First.Previous)!.Value;
        RecordHeader expected = _driver.Log.HeaderAt(cut.First.Previous);
        Assert.Equal(
            (expected.Index, expected.Term, expected.Chain, expected.TimeMicros),
            (before.Index, before.Term, before.Chain, before.TimeMicros));
    }

    [Fact]
    public void Many_readings_side_by_side_do_not_disturb_each_other()
    {
        Fill(1500);
        LogExtent extent = Settled();
        List<string> all = _driver.All();
        var random = new Random(5);
        ulong[] next = new ulong[12];
        Array.Fill(next, 1ul);
        for (int i = 0; i < 2000; i++)
        {
            int stream = random.Next(next.Length);
            ulong from = next[stream];
            ulong until = Math.Min(1501, from + 1 + (ulong)random.Next(200));
            ReadOnlySpan<byte> records = _reader.Read(
                extent, new LogIndex(from), new LogIndex(until), random.Next(4000), out LogIndex readUntil);
            var reader = new RecordReader(records, new LogIndex(from), verify: true);
            for (ulong index = from; index < readUntil.Value; index++)
            {
                Assert.True(reader.Read());
                Assert.Equal(all[(int)index - 1], LogReading.Text(reader));
            }
            next[stream] = readUntil.Value > 1500 || random.Next(30) == 0
                ? 1 + (ulong)random.Next(1500)
                : readUntil.Value;
        }
    }

    [Fact]
    public void A_damaged_record_is_named_with_file_and_offset()
    {
        Fill(100);
        LogExtent extent = Settled();
        string name = _storage.List().First(file => file.EndsWith(".log", StringComparison.Ordinal));
        using (IStorageFile file = _storage.Open(name, writable: true))
            file.Write(6000, [0x55]);
        LogCorruptionException error = Assert.Throws<LogCorruptionException>(
            () => LogReading.All(_reader, extent, new LogIndex(1), 1000));
        Assert.Equal(Path.Combine("(memory)", name), error.File);
        Assert.InRange(error.Offset, 4096 + BatchMarkBytes, 6000);
        Assert.Contains("another replica or logger", error.Message, StringComparison.Ordinal);
        Assert.Throws<LogCorruptionException>(() => LogReading.All(_reader, extent, new LogIndex(1), 1000));
    }

    [Fact]
    public void A_segment_of_another_cluster_is_refused()
    {
        Fill(10);
        LogExtent extent = Settled() with { ClusterId = Guid.NewGuid() };
        Assert.Throws<LogCorruptionException>(() => LogReading.All(_reader, extent, new LogIndex(1), 1000));
    }

    [Fact]
    public void A_file_that_is_no_longer_kept_is_not_a_damage()
    {
        Fill(300);
        LogExtent extent = Settled();
        _storage.Delete(SegmentName(extent.Segments[0]));
        var first = new LogIndex(1);
        Assert.True(_reader.Read(extent, first, new LogIndex(3), 1000, out LogIndex until).IsEmpty);
        Assert.Equal(first, until);
        Assert.Null(_reader.HeaderAt(extent, first));
        Assert.Null(_reader.HeaderAt(extent, LogIndex.Zero));
        Assert.NotEmpty(LogReading.All(_reader, extent, new LogIndex(extent.Segments[1].First), 1000));
    }

    [Fact]
    public void Distances_in_bytes_are_known_without_the_disk()
    {
        Fill(1500);
        long all = 0;
        for (ulong index = 1; index <= 1500; index++)
            all += _driver.Log.HeaderAt(new LogIndex(index)).RecordLength;
        Assert.Equal(0, _driver.Log.BytesBetween(new LogIndex(7), new LogIndex(7)));
        Assert.InRange(
            _driver.Log.BytesBetween(LogIndex.Zero, new LogIndex(9999)), all, all + 1500 * BatchMarkBytes);
        long exact = _driver.Log.HeaderAt(new LogIndex(1499)).RecordLength
            + _driver.Log.HeaderAt(new LogIndex(1500)).RecordLength;
        Assert.Equal(exact, _driver.Log.BytesBetween(new LogIndex(1499), new LogIndex(1501)));
    }

    [Fact]
    public void Times_are_known_to_the_segment_without_the_disk()
    {
        for (int i = 1; i <= 900; i++)
        {
            _driver.Log.Append(new Term(1), RecordKind.Command, i * 1000, new byte[100]);
            Assert.True(_driver.Settle());
        }
        LogExtent extent = Settled();
        Assert.Equal(900_000, _driver.Log.TimeAt(new LogIndex(2000)));
        Assert.Equal(899_000, _driver.Log.TimeAt(new LogIndex(899)));
        ulong first = extent.Segments[1].First;
        Assert.Equal(1000 * ((long)first - 1), _driver.Log.TimeAt(new LogIndex(first + 3)));
        Assert.Equal(1000 * ((long)first - 1), _driver.Log.TimeAt(new LogIndex(first - 1)));
        Assert.Equal(0, _driver.Log.TimeAt(new LogIndex(1)));
    }

    private const int BatchMarkBytes = 32;

    private static string SegmentName(SegmentPlace place) => $"segment-{place.Sequence:x16}.log";

    private void Fill(int records)
    {
        for (int i = 0; i < records; i++)
        {
            _driver.Append(1, $"{i} {new string('v', i * 31 % 400)}");
            if (i % 5 == 0)
                Assert.True(_driver.Settle());
        }
        Assert.True(_driver.Settle());
    }

    private LogExtent Settled()
    {
        Assert.True(_driver.Settle());
        return _driver.Log.ExtentUpTo(_driver.Log.LastIndex);
    }
}
