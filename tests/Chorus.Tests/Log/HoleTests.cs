using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>Trap 6: what was acknowledged and cannot be read is a hole, and is filled with the very records.</summary>
public sealed class HoleTests : IDisposable
{
    private readonly DamagedDisk _disk = new();

    [Fact]
    public void A_flipped_bit_anywhere_in_an_older_segment_is_repaired_from_another_node()
    {
        int length = _disk.Length(_disk.Names[1]);
        for (int at = SegmentHeader.BlockBytes; at < length; at += 5)
        {
            FragileStorage before = _disk.Storage.AfterLoss(null);
            _disk.Flip(_disk.Names[1], at);
            IsRepaired(1, $"bit at {at}");
            _disk.Storage = before;
        }
    }

    [Fact]
    public void A_flipped_bit_in_the_header_of_an_older_segment_is_repaired_from_another_node()
    {
        for (int at = 0; at < 72; at++)
        {
            if (at is >= 8 and < 12)
                continue; // the format: it could be a newer Chorus's
            FragileStorage before = _disk.Storage.AfterLoss(null);
            _disk.Flip(_disk.Names[1], at);
            IsRepaired(1, $"bit at {at} of the header");
            Assert.Contains($"damaged-{_disk.Names[1]}", _disk.Storage.List());
            _disk.Storage = before;
        }
    }

    [Fact]
    public void Bytes_behind_the_fields_of_a_header_do_not_matter()
    {
        _disk.Flip(_disk.Names[1], 200);
        IsRepaired(0, "no field");
    }

    [Fact]
    public void Lost_sectors_in_the_newest_segment_are_repaired_where_a_later_batch_proves_them()
    {
        string name = _disk.Names[^1];
        using IStorageFile file = _disk.Storage.Open(name, writable: true);
        file.Write(SegmentHeader.BlockBytes + 300, new byte[512]);
        file.Sync();
        IsRepaired(1, "a sector");
    }

    [Fact]
    public void Several_damages_are_repaired_one_after_the_other()
    {
        _disk.Flip(_disk.Names[0], SegmentHeader.BlockBytes + 100);
        _disk.Flip(_disk.Names[0], SegmentHeader.BlockBytes + 1600);
        _disk.Flip(_disk.Names[1], SegmentHeader.BlockBytes + 10);
        Assert.Null(DamagedDisk.TryOpen(_disk.Storage, out DamagedLog? damaged));
        Assert.Equal(3, damaged!.Holes.Count);
        Assert.Equal(_disk.Whole.Log.LastIndex, damaged.LastIndex);
        IsRepaired(3, "three places");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_missing_segment_at_the_beginning_or_in_the_middle_is_repaired(int missing)
    {
        _disk.Lose(_disk.Names[missing]);
        IsRepaired(1, $"segment {missing}");
    }

    [Theory]
    [InlineData(true, -1)]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void What_a_missing_file_may_have_superseded_is_shown_to_nobody(bool isDamaged, int missing)
    {
        using (var driver = new LogDriver(_disk.Storage))
        {
            driver.Log.SaveHardState(new HardState(new Term(1), new NodeId("a"), new LogIndex(30)));
            Assert.True(driver.Settle());
        }
        if (isDamaged)
            _disk.Flip(_disk.Names[1], SegmentHeader.BlockBytes + 900);
        if (missing >= 0)
            _disk.Lose(_disk.Names[missing]);
        Assert.Null(DamagedDisk.TryOpen(_disk.Storage, out DamagedLog? damaged));
        LogIndex shown = missing < 0 ? damaged!.Holes[0].Before.Index : LogIndex.Zero;
        Assert.Equal(shown, damaged!.Intact.Limit.Index);
        Assert.Equal(missing < 0, shown > LogIndex.Zero);
    }

    [Fact]
    public void Where_a_log_may_begin_late_nothing_is_missing_at_its_beginning()
    {
        _disk.Lose(_disk.Names[0]);
        using var driver = new LogDriver(_disk.Storage);
        Assert.True(driver.Log.FirstIndex.Value > 1);
    }

    [Fact]
    public void Swapped_files_get_their_names_back_whenever_power_fails()
    {
        List<string> all = _disk.Whole.All();
        _disk.Storage.Rename(_disk.Names[0], "x");
        _disk.Storage.Rename(_disk.Names[1], _disk.Names[0]);
        _disk.Storage.Rename("x", _disk.Names[1]);
        _disk.Storage.SyncDirectory();
        for (int diesAt = 1; ; diesAt++)
        {
            FragileStorage storage = _disk.Storage.AfterLoss(null);
            bool died = Dies(storage, diesAt, () => DamagedDisk.TryOpen(storage, out _)!.Dispose());
            FragileStorage found = storage.AfterLoss(new Random(diesAt));
            using LogDriver driver = DamagedDisk.TryOpen(found, out _)!;
            Assert.Equal(all, driver.All());
            if (!died)
                return;
        }
    }

    [Fact]
    public void What_is_set_aside_takes_the_place_of_nothing_that_was_set_aside_before()
    {
        string[] aside = new string[3];
        for (int i = 0; i < aside.Length; i++)
        {
            using (IStorageFile file = _disk.Storage.Create("x"))
                file.Write(0, [(byte)i]);
            aside[i] = SegmentSalvage.SetAside(_disk.Storage, "x");
        }
        for (int i = 0; i < aside.Length; i++)
        {
            byte[] bytes = new byte[1];
            using IStorageFile file = _disk.Storage.Open(aside[i], writable: false);
            Assert.Equal(1, file.Read(0, bytes));
            Assert.Equal(i, bytes[0]);
        }
    }

    [Fact]
    public void What_was_set_aside_while_it_was_renamed_is_left_alone_from_then_on()
    {
        using (IStorageFile file = _disk.Storage.Create(_disk.Names[0] + SegmentInventory.MovedSuffix))
            file.Write(0, [1]);
        List<string>? names = null;
        for (int start = 0; start < 4; start++)
        {
            DamagedDisk.TryOpen(_disk.Storage, out _)!.Dispose();
            List<string> found =
            [
                .. _disk.Storage.List().Where(name => name.StartsWith("damaged-", StringComparison.Ordinal)),
            ];
            Assert.Equal(names ?? found, found);
            names = found;
        }
        Assert.Single(names!);
    }

    [Fact]
    public void Loss_of_power_during_a_repair_leads_to_the_same_repair_again()
    {
        _disk.Flip(_disk.Names[0], SegmentHeader.BlockBytes + 700);
        _disk.Lose(_disk.Names[1]);
        for (int diesAt = 1; ; diesAt++)
        {
            FragileStorage storage = _disk.Storage.AfterLoss(null);
            bool died = Dies(storage, diesAt, () =>
            {
                _disk.Repair(storage, out LogDriver driver);
                driver.Dispose();
            });
            foreach (double keep in new[] { 0, 0.5, 1.0 })
            {
                FragileStorage found = storage.AfterLoss(new Random(diesAt), keep);
                int filled = _disk.Repair(found, out LogDriver driver);
                using LogDriver opened = driver;
                Assert.InRange(filled, 0, 2);
                Assert.Equal(_disk.Whole.All(), opened.All());
                Assert.False(opened.Log.Recovered.HardState.HasLostEntries);
            }
            if (!died)
                return;
        }
    }

    [Fact]
    public void Records_that_do_not_fit_what_stands_behind_change_nothing()
    {
        using var other = new LogDriver(new MemoryStorage());
        for (ulong index = 1; index <= _disk.Whole.Log.LastIndex.Value; index++)
            other.Append(1, $"another {index}");
        _disk.Lose(_disk.Names[0]);
        DamagedDisk.TryOpen(_disk.Storage, out DamagedLog? damaged);
        Assert.False(DamagedDisk.Fill(damaged!, other.Log, fromSegment: false));
        IsRepaired(1, "the right ones");
    }

    [Fact]
    public void What_is_whole_before_the_first_hole_and_committed_is_shown_to_others()
    {
        using (var driver = new LogDriver(_disk.Storage))
        {
            driver.Log.SaveHardState(new HardState(new Term(1), NodeId.None, new LogIndex(17)));
            Assert.True(driver.Settle());
        }
        _disk.Flip(_disk.Names[1], _disk.Length(_disk.Names[1]) - 10);
        DamagedDisk.TryOpen(_disk.Storage, out DamagedLog? damaged);
        Assert.Equal(17ul, damaged!.Intact.Limit.Index.Value);
        using var reader = new LogReader(_disk.Storage);
        for (ulong index = 1; index <= 17; index++)
        {
            Assert.Equal(
                _disk.Whole.Log.HeaderAt(new LogIndex(index)), reader.HeaderAt(damaged.Intact, new LogIndex(index)));
        }
    }

    public void Dispose() => _disk.Dispose();

    internal static bool Dies(FragileStorage storage, int diesAt, Action work)
    {
        storage.DiesAt = storage.Operations + diesAt;
        try
        {
            work();
            return false;
        }
        catch (PowerLossException)
        {
            return true;
        }
    }

    private void IsRepaired(int holes, string what)
    {
        int filled = _disk.Repair(_disk.Storage, out LogDriver driver);
        using LogDriver opened = driver;
        Assert.True(holes == filled, $"{what}: {filled} holes were filled, not {holes}");
        Assert.Equal(_disk.Whole.All(), opened.All());
        Assert.False(opened.Log.Recovered.HardState.HasLostEntries);
        Assert.Equal(_disk.Whole.Log.LastIndex, opened.Log.LastIndex);
    }
}
