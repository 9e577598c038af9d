using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.Hosting;

public sealed class RepairedLogTests
{
    private const int Records = 30;
    private const int SnapshotIndex = 20;

    private readonly MemoryStorage _storage = new();
    private readonly Heard _heard = new();
    private readonly ManualClock _clock = new();
    private readonly LogOpening _opening;

    public RepairedLogTests()
    {
        using var driver = new LogDriver(_storage);
        driver.Save(1);
        for (int i = 0; i < Records; i++)
        {
            driver.Append(1, $"{i} {new string('x', 100)}");
            Assert.True(driver.Settle());
        }
        _opening = new LogOpening
        {
            ClusterId = LogTestOptions.Cluster,
            CompleteFrom = new LogIndex(1),
            Snapshot = driver.Log.HeaderAt(new LogIndex(SnapshotIndex)),
        };
    }

    [Fact]
    public void A_disk_that_is_full_while_the_log_is_put_in_order_is_waited_for_and_named_once()
    {
        Damage();
        _storage.CapacityBytes -= _storage.FreeBytes;
        int waits = 0;
        using RecordLog? log = Open(_opening, (repair, micros) =>
        {
            Assert.Null(repair);
            Assert.True(micros > 0);
            if (++waits == 3)
                _storage.CapacityBytes = long.MaxValue / 2;
        });
        Assert.Equal((SnapshotIndex + 1, Records), ((int)log!.FirstIndex.Value, (int)log.LastIndex.Value));
        Assert.Equal(3, waits);
        Assert.Contains("the disk is full", Assert.Single(_heard.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_log_of_which_nobody_else_is_known_ends_the_start_and_stays_as_it_is()
    {
        Damage();
        var error = Assert.Throws<LogCorruptionException>(
            () => Open(_opening with { Snapshot = null }, (_, _) => Assert.Fail("nothing is waited for")));
        Assert.Equal(ExitCodes.Corruption, CommandErrors.Explain(error).ExitCode);
        Assert.Contains("segment-", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_storage.List(), name => name.StartsWith("damaged-", StringComparison.Ordinal));
    }

    private RecordLog? Open(LogOpening opening, Action<LogRepair?, long> wait) => RepairedLog.Open(
        _storage, new InlineDiskExecutor(), LogTestOptions.Small, opening,
        damaged => new LogRepair(
            new NodeId("n"), LogTestOptions.Cluster, damaged, [], [], new FakeSources(), _clock,
            new TransferStreamOptions(), _heard),
        wait, _clock, _heard, CancellationToken.None);

    /// <summary>Damages the first record: something stands behind it.</summary>
    private void Damage()
    {
        string name = _storage.List().First(name => SegmentHeader.TryParseName(name, out _));
        using IStorageFile file = _storage.Open(name, writable: true);
        file.Write(SegmentHeader.BlockBytes + BatchMark.SizeBytes + RecordHeader.SizeBytes + 5, [0x55, 0x55, 0x55]);
    }
}
