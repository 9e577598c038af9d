using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>Traps 6 and 7: what recovery does with every shape of a torn write, and with damage.</summary>
public sealed class TornTailTests
{
    private const int BatchesWhole = 3;
    private const int RecordsPerBatch = 5;

    private readonly MemoryStorage _storage = new();
    private readonly List<long> _ends = [];
    private readonly string _segment;
    private readonly byte[] _bytes;

    public TornTailTests()
    {
        using var driver = new LogDriver(_storage);
        driver.Save(1);
        for (int batch = 0; batch <= BatchesWhole; batch++)
        {
            for (int i = 0; i < RecordsPerBatch; i++)
                driver.Append(1, $"batch {batch} record {i} {new string('x', 100 + 60 * i)}");
            Assert.True(driver.Settle());
            string name = _storage.List().Single(IsSegment);
            using IStorageFile file = _storage.Open(name, writable: false);
            byte[] bytes = new byte[file.Length];
            file.Read(0, bytes);
            _ends.Add(bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1);
        }
        _segment = _storage.List().Single(IsSegment);
        using IStorageFile whole = _storage.Open(_segment, writable: false);
        _bytes = new byte[whole.Length];
        whole.Read(0, _bytes);
    }

    private int LastBatchStart => (int)_ends[BatchesWhole - 1];

    private int End => (int)_ends[BatchesWhole];

    [Fact]
    public void A_last_batch_cut_at_any_byte_keeps_every_whole_record()
    {
        for (int cut = LastBatchStart; cut <= End; cut++)
        {
            byte[] torn = (byte[])_bytes.Clone();
            torn.AsSpan(cut).Clear();
            int expected = BatchesWhole * RecordsPerBatch + WholeRecordsBefore(cut);
            OpensWith(torn, expected);
        }
    }

    [Fact]
    public void A_file_that_ends_at_any_byte_of_the_last_batch_keeps_every_whole_record()
    {
        for (int cut = LastBatchStart; cut <= End; cut += 7)
            OpensWith(_bytes[..cut], BatchesWhole * RecordsPerBatch + WholeRecordsBefore(cut));
    }

    [Fact]
    public void Any_lost_sectors_of_the_last_batch_cost_no_earlier_record()
    {
        byte[] before = (byte[])_bytes.Clone();
        before.AsSpan(LastBatchStart).Clear();
        int firstSector = LastBatchStart / FragileContents.SectorBytes;
        int sectors = (End - 1) / FragileContents.SectorBytes - firstSector + 1;
        Assert.InRange(sectors, 3, 10);
        for (int kept = 0; kept < 1 << sectors; kept++)
        {
            byte[] torn = (byte[])before.Clone();
            for (int sector = 0; sector < sectors; sector++)
            {
                int at = (firstSector + sector) * FragileContents.SectorBytes;
                if ((kept >> sector & 1) != 0)
                    _bytes.AsSpan(at, FragileContents.SectorBytes).CopyTo(torn.AsSpan(at));
            }
            int found = OpensWith(torn, null);
            Assert.InRange(found, BatchesWhole * RecordsPerBatch, (BatchesWhole + 1) * RecordsPerBatch);
            Assert.Equal(kept == (1 << sectors) - 1, found == (BatchesWhole + 1) * RecordsPerBatch);
        }
    }

    [Fact]
    public void Any_flipped_bit_before_the_last_batch_is_corruption_with_file_and_offset()
    {
        for (int at = SegmentHeader.BlockBytes; at < LastBatchStart; at++)
        {
            byte[] damaged = (byte[])_bytes.Clone();
            damaged[at] ^= (byte)(1 << at % 8);
            var error = Assert.Throws<LogCorruptionException>(() => OpensWith(damaged, null));
            Assert.Contains(_segment, error.Message, StringComparison.Ordinal);
            Assert.Contains("offset ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_sector_of_zeros_before_the_last_batch_is_corruption()
    {
        for (int at = SegmentHeader.BlockBytes; at < LastBatchStart; at += 100)
        {
            byte[] damaged = (byte[])_bytes.Clone();
            damaged.AsSpan(at, Math.Min(100, LastBatchStart - at)).Clear();
            Assert.Throws<LogCorruptionException>(() => OpensWith(damaged, null));
        }
    }

    [Fact]
    public void A_flipped_bit_in_the_header_of_the_newest_segment_is_a_loss_that_is_known()
    {
        for (int at = 0; at < 72; at++)
        {
            byte[] damaged = (byte[])_bytes.Clone();
            damaged[at] ^= 4;
            if (at is >= 8 and < 12)
            {
                // The format: it could be a newer Chorus's.
                Assert.Throws<NodeDirectoryException>(() => OpensWith(damaged, null));
                continue;
            }
            using LogDriver driver = new(Holding(damaged));
            Assert.True(driver.Log.Recovered.HardState.HasLostEntries);
            Assert.Equal(LogIndex.Zero, driver.Log.LastIndex);
        }
    }

    [Fact]
    public void Old_bytes_behind_the_end_are_never_taken_for_records()
    {
        // The last batch of the same file stands once more behind a gap and right behind the end.
        foreach (int at in new[] { End, End + 512 })
        {
            byte[] stale = (byte[])_bytes.Clone();
            _bytes.AsSpan(LastBatchStart..End).CopyTo(stale.AsSpan(at));
            OpensWith(stale, (BatchesWhole + 1) * RecordsPerBatch);
        }
    }

    [Fact]
    public void A_damaged_older_segment_is_corruption_wherever_it_is_hit()
    {
        Append(_storage, "in a second segment");
        Append(_storage, "in a third segment");
        string first = _storage.List().First(IsSegment);
        using IStorageFile file = _storage.Open(first, writable: true);
        Assert.Equal(End, file.Length);
        for (int at = LastBatchStart; at < End; at += 11)
        {
            file.Write(at, [(byte)(_bytes[at] ^ 1)]);
            var error = Assert.Throws<LogCorruptionException>(() => new LogDriver(_storage).Dispose());
            Assert.Contains(first, error.Message, StringComparison.Ordinal);
            file.Write(at, [_bytes[at]]);
        }
        new LogDriver(_storage).Dispose();
    }

    [Fact]
    public void A_missing_segment_is_corruption()
    {
        Append(_storage, "in a second segment");
        Append(_storage, "in a third segment");
        _storage.Delete(_storage.List().Where(IsSegment).ElementAt(1));
        Assert.Throws<LogCorruptionException>(() => new LogDriver(_storage).Dispose());
    }

    [Fact]
    public void A_torn_tail_is_told_in_a_sentence()
    {
        byte[] torn = (byte[])_bytes.Clone();
        torn[LastBatchStart + 200] ^= 1;
        using LogDriver driver = new(Holding(torn));
        string note = Assert.Single(driver.Log.RecoveryNotes);
        Assert.Contains("the last write was torn", note, StringComparison.Ordinal);
    }

    private static bool IsSegment(string name) => name.EndsWith(".log", StringComparison.Ordinal);

    private static void Append(IStorage storage, string payload)
    {
        using var driver = new LogDriver(storage);
        driver.Append(1, payload);
        Assert.True(driver.Settle());
    }

    private int WholeRecordsBefore(int cut)
    {
        int count = 0, at = LastBatchStart + BatchMark.SizeBytes;
        while (at < End)
        {
            at += (int)RecordCodec.Length(_bytes.AsSpan(at));
            // A cut that takes nothing but zeros takes nothing.
            if (_bytes.AsSpan(Math.Min(cut, at), Math.Max(0, at - cut)).ContainsAnyExcept((byte)0))
                break;
            count++;
        }
        return count;
    }

    private MemoryStorage Holding(byte[] segment)
    {
        var storage = new MemoryStorage();
        foreach (string name in new[] { HardStateFile.Name, _segment })
        {
            using IStorageFile from = _storage.Open(name, writable: false);
            byte[] bytes = new byte[from.Length];
            from.Read(0, bytes);
            using IStorageFile to = storage.Create(name);
            to.Write(0, name == _segment ? segment : bytes);
        }
        return storage;
    }

    /// <summary>Opens, goes on, and opens again: what was found and what was added must be there.</summary>
    private int OpensWith(byte[] segment, int? expected)
    {
        MemoryStorage storage = Holding(segment);
        int found;
        using (var driver = new LogDriver(storage))
        {
            found = (int)driver.Log.LastIndex.Value;
            Assert.Equal(expected ?? found, found);
            Assert.Equal((ulong)found, driver.Log.Recovered.Log.Count);
            driver.Append(2, "later");
            driver.Save(2);
            Assert.True(driver.Settle());
        }
        using var again = new LogDriver(storage);
        Assert.Equal(new LogIndex((ulong)found + 1), again.Log.LastIndex);
        Assert.Equal("2:later", again.All()[^1]);
        return found;
    }
}
