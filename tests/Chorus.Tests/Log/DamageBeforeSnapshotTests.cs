using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>Damage in a log beside a snapshot, which stands for what is before it.</summary>
public sealed class DamageBeforeSnapshotTests : IDisposable
{
    private const int RecordsPerSegment = 12;

    private readonly DamagedDisk _disk = new();

    public void Dispose() => _disk.Dispose();

    [Fact]
    public void A_damaged_segment_before_the_snapshot_goes_and_the_log_begins_with_the_next()
    {
        Damage(5);
        IsOpenedFrom(RecordsPerSegment + 1, snapshot: 20);
    }

    [Fact]
    public void Damage_before_the_snapshot_in_its_own_segment_costs_no_record_behind_it()
    {
        Damage(14);
        IsOpenedFrom(21, snapshot: 20);
        // It is an ordinary segment from then on.
        using LogDriver driver = LogDriver.TryOpen(_disk.Storage, Beside(30), out _)!;
        Assert.Equal(21ul, driver.Log.FirstIndex.Value);
    }

    [Fact]
    public void Damage_on_both_sides_of_the_snapshot_is_repaired_behind_it_only()
    {
        Damage(20);
        Assert.Null(LogDriver.TryOpen(_disk.Storage, Beside(20), out DamagedLog? damaged));
        LogHole hole = Assert.Single(damaged!.Holes);
        Assert.Equal((21ul, 20ul), (hole.From.Value, hole.Before.Index.Value));
        Assert.True(DamagedDisk.Fill(damaged, _disk.Whole.Log, fromSegment: false));
        IsOpenedFrom(21, snapshot: 20);
    }

    [Fact]
    public void A_missing_first_segment_is_a_hole_from_the_snapshot_on()
    {
        _disk.Lose(_disk.Names[0]);
        Assert.Null(LogDriver.TryOpen(_disk.Storage, Beside(5), out DamagedLog? damaged));
        Assert.Equal((6ul, 13ul), (damaged!.Holes[0].From.Value, damaged.Holes[0].Until.Value));
        Assert.True(DamagedDisk.Fill(damaged, _disk.Whole.Log, fromSegment: false));
        IsOpenedFrom(6, snapshot: 5);
    }

    [Fact]
    public void Where_damage_goes_with_what_the_snapshot_stands_for_power_may_fail_at_any_time()
    {
        Damage(5);
        Damage(14);
        for (int diesAt = 1; ; diesAt++)
        {
            FragileStorage storage = _disk.Storage.AfterLoss(null);
            bool died = HoleTests.Dies(
                storage, diesAt, () => LogDriver.TryOpen(storage, Beside(20), out _)!.Dispose());
            FragileStorage found = storage.AfterLoss(new Random(diesAt));
            using LogDriver driver = LogDriver.TryOpen(found, Beside(20), out _)!;
            Assert.Equal(_disk.Whole.All()[20..], driver.All());
            Assert.False(driver.Log.Recovered.HasLostEntries);
            if (!died)
                return;
        }
    }

    [Fact]
    public void A_lost_end_is_known_though_the_log_ends_before_its_snapshot_and_begins_anew()
    {
        _disk.Lose(_disk.Names[2]);
        for (int start = 0; start < 2; start++)
        {
            using LogDriver driver = LogDriver.TryOpen(_disk.Storage, Beside(30), out _)!;
            Assert.Equal(31ul, driver.Log.FirstIndex.Value);
            Assert.True(driver.Log.Recovered.HasLostEntries);
        }
    }

    [Fact]
    public void A_log_that_is_removed_for_the_snapshot_of_another_member_has_lost_nothing()
    {
        RecordHeader beyond = new(0, new LogIndex(100), new Term(1), 77, 9, RecordKind.NoOp);
        LogOpening opening = DamagedDisk.Opening with { Snapshot = beyond };
        Damage(5);
        using (LogDriver first = LogDriver.TryOpen(_disk.Storage, opening, out _)!)
        {
            Assert.False(first.Log.Recovered.HasLostEntries);
            first.Log.SaveHardState(new HardState(new Term(1), NodeId.None, new LogIndex(100)));
            Assert.True(first.Settle());
        }
        using LogDriver again = LogDriver.TryOpen(_disk.Storage, opening, out _)!;
        Assert.Equal((101ul, 100ul), (again.Log.FirstIndex.Value, again.Log.LastIndex.Value));
        Assert.False(again.Log.Recovered.HasLostEntries);
    }

    private LogOpening Beside(ulong snapshot) =>
        DamagedDisk.Opening with { Snapshot = _disk.Whole.Log.HeaderAt(new LogIndex(snapshot)) };

    private void IsOpenedFrom(int first, ulong snapshot)
    {
        using LogDriver driver = LogDriver.TryOpen(_disk.Storage, Beside(snapshot), out _)!;
        Assert.Equal((ulong)first, driver.Log.FirstIndex.Value);
        Assert.Equal(_disk.Whole.All()[(first - 1)..], driver.All());
        Assert.False(driver.Log.Recovered.HasLostEntries);
    }

    /// <summary>Damages a record, wherever it stands.</summary>
    private void Damage(ulong index)
    {
        string name = _disk.Names[(int)(index - 1) / RecordsPerSegment];
        using IStorageFile file = _disk.Storage.Open(name, writable: false);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        byte[] header = new byte[RecordHeader.SizeBytes];
        ReadOnlySpan<byte> record = _disk.Whole.Log.Read(new LogIndex(index), new LogIndex(index + 1), out _);
        record[..header.Length].CopyTo(header);
        int at = bytes.AsSpan().IndexOf(header);
        Assert.True(at > 0);
        _disk.Flip(name, at + header.Length + 5);
    }
}
