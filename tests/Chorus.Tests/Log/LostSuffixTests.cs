using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>Traps 1 and 8: what the start makes of an end, or of a hard state, that is gone.</summary>
public sealed class LostSuffixTests : IDisposable
{
    private readonly DamagedDisk _disk = new();

    [Fact]
    public void A_log_without_its_newest_segment_knows_that_it_has_lost_entries()
    {
        _disk.Lose(_disk.Names[^1]);
        HasLost(_disk.Storage, 2);
        // Over the next start, too, although a newer segment stands there by then.
        using (LogDriver driver = DamagedDisk.TryOpen(_disk.Storage, out _)!)
        {
            driver.Append(2, "from a leader");
            Assert.True(driver.Settle());
        }
        HasLost(_disk.Storage, 2);
    }

    [Fact]
    public void A_log_without_any_segment_knows_that_it_has_lost_entries()
    {
        foreach (string name in _disk.Names)
            _disk.Lose(name);
        HasLost(_disk.Storage, 2);
    }

    [Fact]
    public void A_newest_segment_that_cannot_be_read_is_set_aside()
    {
        _disk.Flip(_disk.Names[^1], 50);
        HasLost(_disk.Storage, 2);
        Assert.Contains($"damaged-{_disk.Names[^1]}", _disk.Storage.List());
    }

    [Fact]
    public void A_node_that_is_whole_again_forgets_the_loss()
    {
        _disk.Lose(_disk.Names[^1]);
        using (LogDriver driver = DamagedDisk.TryOpen(_disk.Storage, out _)!)
        {
            driver.Append(2, "from a leader");
            driver.Save(2);
            Assert.True(driver.Settle());
        }
        using LogDriver again = DamagedDisk.TryOpen(_disk.Storage, out _)!;
        Assert.False(again.Log.Recovered.HardState.HasLostEntries);
    }

    [Fact]
    public void A_log_that_is_ended_before_a_hole_is_never_taken_for_whole_whenever_power_fails()
    {
        _disk.Flip(_disk.Names[1], SegmentHeader.BlockBytes + 900);
        DamagedDisk.TryOpen(_disk.Storage.AfterLoss(null), out DamagedLog? before);
        LogIndex from = before!.Holes[0].From;
        for (int diesAt = 1; ; diesAt++)
        {
            FragileStorage storage = _disk.Storage.AfterLoss(null);
            bool died = HoleTests.Dies(storage, diesAt, () =>
            {
                DamagedDisk.TryOpen(storage, out DamagedLog? damaged);
                damaged!.EndBeforeHole();
            });
            foreach (double keep in new[] { 0, 0.5, 1.0 })
            {
                FragileStorage found = storage.AfterLoss(new Random(diesAt), keep);
                using LogDriver? driver = DamagedDisk.TryOpen(found, out DamagedLog? damaged);
                if (driver is null)
                    Assert.Equal(from, damaged!.Holes[0].From);
                else
                    IsPrefix(driver);
                Assert.True(died || driver?.Log.LastIndex == from.Previous);
            }
            if (!died)
                return;
        }
    }

    /// <summary>The segment that is lost had superseded the end of the one before it.</summary>
    [Fact]
    public void A_stale_end_before_a_missing_segment_is_repaired_with_its_segment()
    {
        var storage = new FragileStorage();
        Write(storage, 1, "a", 0);
        Write(storage, 2, "b", 7);
        Write(storage, 3, "c", 0);
        using var whole = new LogDriver(storage.AfterLoss(null));
        string[] names = [.. storage.List().Where(name => SegmentHeader.TryParseName(name, out _))];
        storage.Delete(names[1]);
        storage.SyncDirectory();
        Assert.Null(DamagedDisk.TryOpen(storage, out DamagedLog? damaged));
        Assert.Equal(11ul, damaged!.Holes[0].From.Value);
        Assert.True(DamagedDisk.Fill(damaged, whole.Log, fromSegment: true));
        using LogDriver driver = DamagedDisk.TryOpen(storage, out _)!;
        Assert.Equal(whole.All(), driver.All());
    }

    [Fact]
    public void A_lost_hard_state_is_refused_with_the_cure()
    {
        _disk.Lose(HardStateFile.Name);
        var error = Assert.Throws<LogCorruptionException>(() => DamagedDisk.TryOpen(_disk.Storage, out _));
        Assert.Contains("members remove", error.Message, StringComparison.Ordinal);
        Assert.False(_disk.Storage.Exists(HardStateFile.Name));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_observer_goes_on_without_its_hard_state(bool isDamaged)
    {
        if (isDamaged)
        {
            _disk.Flip(HardStateFile.Name, 30);
            _disk.Flip(HardStateFile.Name, 4096 + 30);
        }
        else
        {
            _disk.Lose(HardStateFile.Name);
        }
        LogOpening opening = DamagedDisk.Opening with { IsObserver = true };
        using LogDriver driver = LogDriver.TryOpen(_disk.Storage, opening, out _)!;
        Assert.Equal(_disk.Whole.All(), driver.All());
        Assert.Equal(1ul, driver.Log.Recovered.HardState.Term.Value);
    }

    public void Dispose() => _disk.Dispose();

    private static void HasLost(FragileStorage storage, ulong term)
    {
        using LogDriver driver = DamagedDisk.TryOpen(storage, out _)!;
        HardState state = driver.Log.Recovered.HardState;
        Assert.True(state.HasLostEntries);
        Assert.Equal(term, state.Term.Value);
        Assert.True(state.VotedFor.IsNone);
    }

    private void IsPrefix(LogDriver driver)
    {
        Assert.True(driver.Log.Recovered.HardState.HasLostEntries);
        List<string> all = driver.All();
        Assert.Equal(_disk.Whole.All()[..all.Count], all);
    }

    private static void Write(FragileStorage storage, ulong term, string what, ulong truncateFrom)
    {
        using var driver = new LogDriver(storage);
        driver.Save(term);
        if (truncateFrom > 0)
            driver.Log.Truncate(new LogIndex(truncateFrom));
        for (int i = 0; i < 10; i++)
        {
            driver.Append(term, $"{what} {i}");
            Assert.True(driver.Settle());
        }
    }
}
