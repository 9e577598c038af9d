using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Transfer;

public sealed class LogRepairTests
{
    private const int Records = 90;
    private const int RecordsPerSegment = 30;

    private static readonly TransferStreamOptions Options = new() { ChunkBytes = 300, WindowChunks = 4 };
    private static readonly LogOpening Opening = new() { ClusterId = LogTestOptions.Cluster, CompleteFrom = new(1) };

    private readonly MemoryStorage _storage = new();
    private readonly FakeSources _sources = new();
    private readonly ManualClock _clock = new();
    private readonly FakeLog _log = LogOf(int.MaxValue);
    private readonly string[] _names;

    public LogRepairTests()
    {
        for (int segment = 0; segment < Records / RecordsPerSegment; segment++)
        {
            using var driver = new LogDriver(_storage);
            driver.Save(1);
            for (int i = 0; i < RecordsPerSegment; i++)
            {
                driver.Log.AppendRecords(_log.Record(driver.Log.LastIndex.Next));
                Assert.True(driver.Settle());
            }
        }
        _names = [.. _storage.List().Where(name => SegmentHeader.TryParseName(name, out _))];
        _storage.Delete(_names[1]);
    }

    [Fact]
    public void What_one_source_has_begun_another_one_goes_on_with()
    {
        _sources.Add("a", _log).Refusal = TransferRefusal.Damaged;
        _sources.Add("b", _log).DiesAfterChunks = 2;
        _sources.Add("c", _log);
        using LogRepair repair = Begin("a", "b", "c");
        Assert.True(RunUntil(repair, () => repair.State == RepairState.Repaired));
        using LogDriver driver = LogDriver.TryOpen(_storage, Opening, out _)!;
        Assert.Equal((ulong)Records, driver.Log.LastIndex.Value);
        Assert.Equal(_log.ChainAt(_log.Last), driver.Log.LastChain);
        Assert.False(driver.Log.Recovered.HasLostEntries);
    }

    [Fact]
    public void Who_makes_records_up_brings_nothing()
    {
        _sources.Add("a", _log).Falsify = (_, header, body) =>
        {
            body[^1] ^= 1;
            return (header, body);
        };
        using LogRepair repair = Begin("a");
        Assert.False(RunUntil(repair, () => repair.State != RepairState.Running));
        _sources.Add("b", _log);
        using LogRepair again = Begin("a", "b");
        Assert.True(RunUntil(again, () => again.State == RepairState.Repaired));
    }

    [Fact]
    public void While_nobody_has_the_records_it_waits_and_says_so()
    {
        FakeSource source = _sources.Add("a", LogOf(int.MaxValue, RecordsPerSegment + 5));
        using LogRepair repair = Begin("a");
        Assert.False(RunUntil(repair, () => repair.State != RepairState.Running));
        Assert.Contains("records 31 to 60", repair.Description, StringComparison.Ordinal);
        Assert.Contains(_names[2], repair.Description, StringComparison.Ordinal);
        Assert.True(source.Opened > 1);
        Assert.Null(LogDriver.TryOpen(_storage, Opening, out DamagedLog? still));
        Assert.Equal(31ul, still!.Holes[0].From.Value);
    }

    [Fact]
    public void Where_nobody_is_known_it_says_that()
    {
        using LogRepair repair = Begin();
        Assert.Equal(RepairState.NobodyToAsk, repair.State);
    }

    /// <summary>What stands behind the hole was never committed: others have other records there.</summary>
    [Theory]
    [InlineData(45)]
    [InlineData(29)]
    [InlineData(3)]
    public void A_log_that_the_cluster_has_not_committed_is_ended_before_the_hole(int differentFrom)
    {
        _sources.Add("a", LogOf(differentFrom));
        using LogRepair repair = Begin("a");
        Assert.True(RunUntil(repair, () => repair.State == RepairState.Repaired));
        using LogDriver driver = LogDriver.TryOpen(_storage, Opening, out _)!;
        Assert.Equal((ulong)RecordsPerSegment, driver.Log.LastIndex.Value);
        Assert.True(driver.Log.Recovered.HasLostEntries);
        Assert.Equal(2ul, driver.Log.Recovered.HardState.Term.Value);
        Assert.Contains($"damaged-{_names[2]}", _storage.List());
    }

    [Theory]
    [InlineData(80, true, true)]
    [InlineData(80, false, false)]
    [InlineData(59, true, false)]
    public void Records_that_nobody_has_any_more_are_given_up_where_a_snapshot_stands_for_them(
        ulong snapshot, bool mayBeginAnew, bool isGivenUp)
    {
        FakeSource source = _sources.Add("a", _log);
        (source.FirstKept, source.Snapshot) = (new LogIndex(70), new LogIndex(snapshot));
        FakeSource other = _sources.Add("b", _log);
        other.FirstKept = new LogIndex(70);
        using LogRepair repair = Begin(mayBeginAnew, "a", "b");
        Assert.Equal(isGivenUp, RunUntil(repair, () => repair.State == RepairState.Repaired));
        using LogDriver? driver = LogDriver.TryOpen(_storage, Opening, out DamagedLog? damaged);
        Assert.Equal(isGivenUp, damaged is null);
        if (driver is null)
            return;
        Assert.Equal((ulong)RecordsPerSegment, driver.Log.LastIndex.Value);
        Assert.True(driver.Log.Recovered.HasLostEntries);
    }

    [Theory]
    [InlineData(39, true)]
    [InlineData(0, false)]
    public void A_beginning_that_was_cut_off_behind_a_lost_snapshot_is_given_up_for_any_snapshot(
        ulong snapshot, bool isGivenUp)
    {
        _storage.Delete(_names[0]);
        foreach (string name in (string[])["a", "b"])
        {
            FakeSource source = _sources.Add(name, _log);
            (source.FirstKept, source.Snapshot) = (new LogIndex(40), new LogIndex(snapshot));
        }
        using LogRepair repair = Begin(mayBeginAnew: true, "a", "b");
        Assert.Equal(isGivenUp, RunUntil(repair, () => repair.State == RepairState.Repaired));
        using LogDriver? driver = LogDriver.TryOpen(_storage, Opening, out DamagedLog? damaged);
        Assert.Equal(isGivenUp, damaged is null);
        if (driver is null)
            return;
        Assert.Equal(0ul, driver.Log.LastIndex.Value);
        Assert.True(driver.Log.Recovered.HasLostEntries);
    }

    [Theory]
    [InlineData(TransferRefusal.NotYetThere)]
    [InlineData(TransferRefusal.Overloaded)]
    [InlineData(TransferRefusal.Damaged)]
    [InlineData((TransferRefusal)9)]
    [InlineData(null)]
    public void Nothing_is_given_up_before_everybody_has_said_that_the_records_are_gone(TransferRefusal? said)
    {
        FakeSource source = _sources.Add("a", _log);
        (source.FirstKept, source.Snapshot) = (new LogIndex(70), new LogIndex(80));
        FakeSource other = _sources.Add("b", _log);
        if (said is { } refusal)
            other.Refusal = refusal;
        else
            other.DiesAfterChunks = 0;
        using LogRepair repair = Begin(mayBeginAnew: true, "a", "b");
        Assert.False(RunUntil(repair, () => repair.State != RepairState.Running));
        Assert.True(source.Opened > 1 && other.Opened > 1);
        (other.DiesAfterChunks, other.Refusal) = (int.MaxValue, TransferRefusal.None);
        other.FirstKept = new LogIndex(70);
        Assert.True(RunUntil(repair, () => repair.State == RepairState.Repaired));
        using LogDriver driver = LogDriver.TryOpen(_storage, Opening, out _)!;
        Assert.Equal((ulong)RecordsPerSegment, driver.Log.LastIndex.Value);
    }

    /// <summary>Whoever has cut the log before some records may still have the next ones.</summary>
    [Fact]
    public void When_records_have_come_everybody_is_asked_for_the_next_ones_before_they_are_given_up()
    {
        FakeSource source = _sources.Add("a", _log);
        (source.FirstKept, source.Snapshot) = (new LogIndex(35), new LogIndex(80));
        FakeSource other = _sources.Add("b", _log);
        other.DiesAfterChunks = 2;
        using LogRepair repair = Begin(mayBeginAnew: true, "b", "a");
        Assert.True(RunUntil(repair, () => other.ChunksSent == 2));
        Assert.Equal(1, source.Opened);
        (other.DiesAfterChunks, other.FirstKept) = (int.MaxValue, new LogIndex(70));
        Assert.True(RunUntil(repair, () => repair.State == RepairState.Repaired));
        using LogDriver driver = LogDriver.TryOpen(_storage, Opening, out _)!;
        Assert.Equal((ulong)Records, driver.Log.LastIndex.Value);
    }

    [Fact]
    public void While_anybody_brings_the_records_nothing_is_given_up()
    {
        FakeSource source = _sources.Add("a", _log);
        (source.FirstKept, source.Snapshot) = (new LogIndex(70), new LogIndex(80));
        _sources.Add("b", _log).Slowness = 20;
        using LogRepair repair = Begin(mayBeginAnew: true, "a", "b");
        Assert.True(RunUntil(repair, () => repair.State == RepairState.Repaired));
        using LogDriver driver = LogDriver.TryOpen(_storage, Opening, out _)!;
        Assert.Equal((ulong)Records, driver.Log.LastIndex.Value);
    }

    [Fact]
    public void What_has_come_entirely_counts_though_nobody_says_that_it_was_the_end()
    {
        _sources.Add("a", _log).LosesEnds = true;
        using LogRepair repair = Begin("a");
        Assert.True(RunUntil(repair, () => repair.State == RepairState.Repaired));
        using LogDriver driver = LogDriver.TryOpen(_storage, Opening, out _)!;
        Assert.Equal((ulong)Records, driver.Log.LastIndex.Value);
    }

    [Fact]
    public void A_full_disk_is_waited_out()
    {
        _sources.Add("a", _log);
        _storage.CapacityBytes = _storage.CapacityBytes - _storage.FreeBytes;
        using LogRepair repair = Begin("a");
        Assert.False(RunUntil(repair, () => repair.State != RepairState.Running));
        _storage.CapacityBytes = long.MaxValue / 2;
        Assert.True(RunUntil(repair, () => repair.State == RepairState.Repaired));
    }

    private static FakeLog LogOf(int differentFrom, int records = Records)
    {
        var log = new FakeLog { ClusterId = LogTestOptions.Cluster };
        for (int i = 1; i <= records; i++)
        {
            byte[] payload = new byte[40 + i % 30];
            payload[0] = (byte)i;
            payload[^1] = (byte)(i >= differentFrom ? 1 : 0);
            log.Append(payload);
        }
        return log;
    }

    private LogRepair Begin(params string[] sources) => Begin(false, sources);

    private LogRepair Begin(bool mayBeginAnew, params string[] sources)
    {
        Assert.Null(LogDriver.TryOpen(_storage, Opening, out DamagedLog? damaged));
        return new LogRepair(
            new NodeId("n"), LogTestOptions.Cluster, damaged!, [], sources, _sources, _clock, Options,
            NullLogger.Instance)
        {
            MayBeginAnew = mayBeginAnew,
        };
    }

    private bool RunUntil(LogRepair repair, Func<bool> condition)
    {
        for (int i = 0; i < 3_000 && !condition(); i++)
        {
            repair.DoWork();
            _clock.MonotonicMicros += 10_000;
        }
        return condition();
    }
}
