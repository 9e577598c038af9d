using System.Buffers;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;

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
            // A leader lets no key into its log that names no slot.
            List<byte[]> log = NewLog(seed, entries: 120);
            log.RemoveAll(command => command.AsSpan().IndexOf("no number"u8) >= 0);
            List<ulong> digests = SlotWork.Digests(log);
            var executor = new Stepper();
            using SlotStateMachine source = SlotWork.Open(new FragileStorage(), end: 0, executor);
            var image = (IImageSource)source;
            int applied = Apply(source, log, 0, random.Next(60));
            var store = new KvStateMachine();
            var slots = new SlotTarget(store, SlotWork.Small);
            LogIndex from = image.AppliedIndex;
            for (long offset = 0; offset < source.LengthBytes; offset += SlotWork.Small.SlotBytes * 3)
            {
                applied = Apply(source, log, applied, Math.Min(log.Count, applied + random.Next(10)));
                executor.Step();
                byte[] piece = new byte[SlotWork.Small.SlotBytes * 3];
                int read = image.Read(offset, piece);
                var chunk = new FetchedRecords([]) { Offset = offset };
                chunk.Fill(piece.AsSpan(0, read));
                slots.Install(chunk);
            }
            LogIndex newest = image.NewestIndex;
            var records = new RecordTarget(store, slots);
            for (ulong index = from.Value + 1; index <= newest.Value; index++)
                records.Install(RecordOf(index, log[(int)index - 1]));
            records.Settle();
            Assert.Equal(digests[(int)newest.Value], store.Digest);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sessions_and_answers_are_those_of_the_index_that_the_file_holds(bool stepped)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            List<byte[]> log = NewLog(seed, entries: 60);
            List<(ulong State, ulong Sessions)> right = [];
            using SlotStateMachine undisturbed = SlotWork.Open(new FragileStorage(), 0);
            var model = new ReplicatedState(undisturbed, new ManualClock());
            for (int i = 0; i < log.Count; i++)
                right.Add(ApplyInSession(model, log, i));
            var storage = new FragileStorage();
            for (int lives = 0; lives < 12; lives++)
            {
                storage.DiesAt = storage.Operations + random.Next(1, 150);
                LiveInSession(storage, log, right, stepped);
                storage = random.Next(3) == 0 ? storage.AfterKill() : storage.AfterLoss(random, random.NextDouble());
            }
            Assert.False(LiveInSession(storage.AfterKill(), log, right, stepped));
        }
    }

    // Session 1 is opened by entry 1; some commands are sent in it, some without.
    private static (ulong State, ulong Sessions) ApplyInSession(ReplicatedState state, List<byte[]> log, int i)
    {
        var index = new LogIndex((ulong)i + 1);
        byte[] payload = log[i];
        RecordKind kind = i % 3 == 0 ? RecordKind.Command : RecordKind.SessionCommand;
        if (i == 0)
        {
            kind = RecordKind.Session;
            payload = new byte[SessionRecord.SizeBytes];
            new SessionRecord(SessionAction.Open, 1_000_000, 10).Encode(payload);
        }
        else if (kind == RecordKind.SessionCommand)
        {
            payload = [.. new byte[SessionEnvelope.SizeBytes], .. payload];
            ulong below = (ulong)Math.Max(1, i - 10);
            new SessionEnvelope(1, (ulong)i, below).Encode(payload);
        }
        var header = new RecordHeader(payload.Length, index, new Term(1), 0, i, kind);
        Assert.False(state.Apply(header, payload, new ArrayBufferWriter<byte>()).IsRefused);
        state.Machine.Applied(index, state.Sessions);
        return (state.Machine.Digest, state.Sessions.Digest);
    }

    private static bool LiveInSession(
        FragileStorage storage, List<byte[]> log, List<(ulong State, ulong Sessions)> right, bool stepped)
    {
        try
        {
            var executor = new Stepper();
            using SlotStateMachine machine = SlotWork.Open(storage, (ulong)log.Count, stepped ? executor : null);
            var state = new ReplicatedState(machine, new ManualClock());
            for (int i = (int)machine.RestoredIndex.Value; i < log.Count; i++)
            {
                Assert.Equal(right[i], ApplyInSession(state, log, i));
                executor.Step();
            }
            return false;
        }
        catch (Exception error) when ((error.InnerException ?? error) is PowerLossException)
        {
            return true;
        }
    }

    private static FetchedRecords RecordOf(ulong index, byte[] command)
    {
        byte[] record = new byte[RecordHeader.SizeBytes + command.Length];
        RecordCodec.Encode(record, new LogIndex(index), new Term(1), 0, 1, RecordKind.Command, command);
        var chunk = new FetchedRecords([]);
        chunk.Fill(record);
        return chunk;
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
