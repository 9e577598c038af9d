using System.Text;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>A log that is opened beside a snapshot: kept if it holds the snapshot's last record, else
/// removed.</summary>
public sealed class AdoptionTests
{
    private static readonly RecordHeader Beyond = new(0, new LogIndex(50), new Term(4), 77, 9, RecordKind.NoOp);

    [Fact]
    public void A_log_that_holds_the_snapshots_last_record_is_kept_whole()
    {
        var storage = new MemoryStorage();
        RecordHeader mark = Fill(storage, 1, 10)[5];
        using RecordLog log = Open(storage, mark);
        Assert.Equal((1ul, 10ul), (log.FirstIndex.Value, log.LastIndex.Value));
    }

    [Fact]
    public void A_log_that_ends_before_the_snapshot_is_removed_and_begins_behind_it()
    {
        var storage = new MemoryStorage();
        Fill(storage, 1, 10);
        using (RecordLog log = Open(storage, Beyond))
        {
            Assert.Equal((51ul, 50ul), (log.FirstIndex.Value, log.LastIndex.Value));
            Assert.Equal((Beyond.Chain, Beyond.TimeMicros), (log.LastChain, log.LastTimeMicros));
            Assert.Equal((new Term(4), 51ul), (log.Recovered.Before, log.Recovered.Log.From.Value));
            Assert.Contains("does not hold record 50", Assert.Single(log.RecoveryNotes), StringComparison.Ordinal);
            Append(log, 4, 3);
        }
        using RecordLog again = Open(storage, Beyond);
        Assert.Equal((51ul, 53ul), (again.FirstIndex.Value, again.LastIndex.Value));
        Assert.Empty(again.RecoveryNotes);
    }

    [Fact]
    public void A_log_that_holds_another_record_there_is_removed_with_what_follows()
    {
        var storage = new MemoryStorage();
        RecordHeader own = Fill(storage, 1, 10)[5];
        using RecordLog log = Open(storage, own with { Term = new Term(2), Chain = own.Chain + 1 });
        Assert.Equal((7ul, 6ul), (log.FirstIndex.Value, log.LastIndex.Value));
        Assert.Empty(log.Recovered.Log.Configurations);
    }

    [Fact]
    public void A_log_that_begins_behind_the_snapshot_has_a_gap_and_is_refused()
    {
        var storage = new MemoryStorage();
        using (RecordLog log = RecordLog.Open(
            storage, new InlineDiskExecutor(), LogTestOptions.Small, LogTestOptions.Cluster, Beyond))
        {
            log.SaveHardState(new HardState(new Term(4), NodeId.None, LogIndex.Zero));
            Append(log, 4, 3);
        }
        RecordHeader early = Beyond with { Index = new LogIndex(20) };
        var error = Assert.Throws<LogCorruptionException>(() => Open(storage, early));
        Assert.Contains("begins with record 51", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_of_power_while_the_log_is_removed_changes_nothing_in_the_end()
    {
        for (int diesAt = 1; ; diesAt++)
        {
            var storage = new FragileStorage();
            Fill(storage, 1, 60);
            storage.DiesAt = storage.Operations + diesAt;
            bool died = false;
            try
            {
                using RecordLog log = Open(storage, Beyond with { Index = new LogIndex(90) });
            }
            catch (PowerLossException)
            {
                died = true;
            }
            for (int seed = 0; seed < 6; seed++)
            {
                FragileStorage after = storage.AfterLoss(new Random(seed), seed / 5.0);
                using RecordLog log = Open(after, Beyond with { Index = new LogIndex(90) });
                Assert.Equal((91ul, 90ul), (log.FirstIndex.Value, log.LastIndex.Value));
            }
            if (!died)
                return;
        }
    }

    private static RecordLog Open(IStorage storage, RecordHeader snapshot) => RecordLog.Open(
        storage, new InlineDiskExecutor(), LogTestOptions.Small, LogTestOptions.Cluster, default, snapshot);

    private static List<RecordHeader> Fill(IStorage storage, ulong term, int count)
    {
        using RecordLog log = RecordLog.Open(
            storage, new InlineDiskExecutor(), LogTestOptions.Small, LogTestOptions.Cluster);
        log.SaveHardState(new HardState(new Term(4), NodeId.None, LogIndex.Zero));
        Append(log, term, count);
        return [.. Enumerable.Range(1, count).Select(index => log.HeaderAt(new LogIndex((ulong)index)))];
    }

    private static void Append(RecordLog log, ulong term, int count)
    {
        for (int i = 0; i < count; i++)
            log.Append(new Term(term), RecordKind.Command, 10 + i, Encoding.UTF8.GetBytes(new string('v', 200)));
        while (log.DurableIndex < log.LastIndex)
        {
            log.Flush();
            while (log.TryTakeCompletion(out LogCompletion completion))
                Assert.Null(completion.Error);
        }
    }
}
