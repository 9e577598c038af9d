using System.Buffers;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.DiskStorage;

/// <summary>Loss of power at every operation of the disk (trap 20), against a store in memory.</summary>
public sealed class SlotCrashTests
{
    private readonly ArrayBufferWriter<byte> _answer = new();

    [Theory]
    [InlineData(0.0, false)]
    [InlineData(0.5, false)]
    [InlineData(1.0, false)]
    [InlineData(-1.0, false)]
    [InlineData(0.0, true)]
    [InlineData(0.5, true)]
    [InlineData(1.0, true)]
    [InlineData(-1.0, true)]
    public void Loss_of_power_at_any_operation_leaves_a_file_that_the_log_makes_whole(
        double keepChance, bool stepped)
    {
        List<byte[]> log = NewLog(seed: 3, entries: 40);
        List<ulong> digests = SlotWork.Digests(log);
        for (int diesAt = 1; ; diesAt++)
        {
            var storage = new FragileStorage { DiesAt = diesAt };
            if (!Live(storage, log, digests, upTo: log.Count, stepped))
                return;
            Random? random = keepChance < 0 ? null : new Random(diesAt);
            FragileStorage found = storage.AfterLoss(random, keepChance);
            Assert.False(Live(found, log, digests, upTo: log.Count, stepped));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_lives_and_deaths_agree_with_a_store_in_memory(int group)
    {
        for (int seed = group * 1000; seed < group * 1000 + 60; seed++)
        {
            var random = new Random(seed);
            List<byte[]> log = NewLog(seed, entries: 120);
            List<ulong> digests = SlotWork.Digests(log);
            var storage = new FragileStorage();
            for (int upTo = 0; upTo < log.Count; upTo = Math.Min(log.Count, upTo + random.Next(30)))
            {
                storage.DiesAt = storage.Operations + random.Next(1, 120);
                Live(storage, log, digests, upTo, stepped: random.Next(2) == 0);
                storage = random.Next(3) == 0
                    ? storage.AfterKill()
                    : storage.AfterLoss(random, random.NextDouble());
            }
            Assert.False(Live(storage.AfterKill(), log, digests, log.Count, stepped: false));
        }
    }

    [Fact]
    public void A_copy_taken_while_writes_go_on_becomes_the_state_by_the_log()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            List<byte[]> log = NewLog(seed, entries: 100);
            List<ulong> digests = SlotWork.Digests(log);
            using SlotStateMachine source = SlotWork.Open(new FragileStorage(), end: 0);
            int applied = Apply(source, log, 0, random.Next(60));
            var copied = SlotFile.Open(new FragileStorage(), "copy", SlotWork.Owner);
            LogIndex from = source.AppliedIndex;
            byte[] piece = new byte[SlotWork.Small.SlotBytes * 3];
            for (long offset = 0; offset < source.LengthBytes; offset += piece.Length)
            {
                // Also in the middle of a batch, before it is said to be applied.
                int until = Math.Min(log.Count, applied + random.Next(10));
                for (; applied < until; applied++)
                    source.Apply(new LogIndex((ulong)applied + 1), 0, log[applied], _answer);
                copied.WriteImage(offset, piece.AsSpan(0, source.Read(offset, piece)));
            }
            LogIndex newest = source.NewestIndex;
            using SlotStateMachine copy = SlotStateMachine.OfImage(copied, from, newest);
            Assert.True(copy.SettledIndex <= newest);
            Apply(copy, log, (int)from.Value, (int)newest.Value);
            Assert.Equal(digests[(int)newest.Value], copy.Digest);
        }
    }

    // What was written before is in the log; its digest is known for every index.
    private bool Live(FragileStorage storage, List<byte[]> log, List<ulong> digests, int upTo, bool stepped)
    {
        try
        {
            var executor = new Stepper();
            using SlotStateMachine machine = SlotWork.Open(storage, (ulong)log.Count, stepped ? executor : null);
            int applied = (int)machine.RestoredIndex.Value;
            while (applied < upTo)
            {
                applied = Apply(machine, log, applied, Math.Min(upTo, applied + 3));
                if ((ulong)applied >= machine.SettledIndex.Value)
                    Assert.Equal(digests[applied], machine.Digest);
                executor.Step();
            }
            return false;
        }
        catch (Exception error) when ((error.InnerException ?? error) is PowerLossException)
        {
            return true;
        }
    }

    private int Apply(SlotStateMachine machine, List<byte[]> log, int from, int until)
    {
        for (int i = from; i < until; i++)
            machine.Apply(new LogIndex((ulong)i + 1), 0, log[i], _answer);
        _answer.ResetWrittenCount();
        machine.Applied(new LogIndex((ulong)Math.Max(from, until)), new SessionTable());
        return Math.Max(from, until);
    }

    /// <summary>Makes checkpoints in two steps, with slots written before, between and after them.</summary>
    private sealed class Stepper : IDiskExecutor
    {
        private IDiskJob? _job;
        private bool _isSynced;

        public void Post(IDiskJob job)
        {
            Assert.Null(_job);
            (_job, _isSynced) = (job, false);
        }

        public void Step()
        {
            if (_isSynced)
            {
                _job!.Sync();
                _job = null;
                _isSynced = false;
            }
            else if (_job is not null)
            {
                _job.Write();
                _isSynced = true;
            }
        }
    }

    private static List<byte[]> NewLog(int seed, int entries)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, entries).Select(_ => SlotWork.Random(random))];
    }
}
