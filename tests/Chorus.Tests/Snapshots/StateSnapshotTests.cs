using System.Buffers;
using System.Globalization;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Chorus.Tests.DiskStorage;
using Chorus.Tests.Log;

namespace Chorus.Tests.Snapshots;

/// <summary>State machines hand out what they were, while they go on.</summary>
public sealed class StateSnapshotTests
{
    private readonly ArrayBufferWriter<byte> _answer = new();
    private ulong _index;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_snapshot_is_the_state_at_its_beginning_whatever_is_applied_meanwhile(bool inFile)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            _index = 0;
            IStateMachine machine = Make(inFile, new MemoryStorage());
            ApplySome(machine, random, random.Next(60));
            ulong digest = machine.Digest;
            ulong index = _index;
            var pieces = new List<byte[]>();
            using (IStateSnapshot snapshot = machine.BeginSnapshot()!)
            {
                Assert.Equal(digest, snapshot.Digest);
                int bytesMax = random.Next(1, 600);
                while (SnapshotWork.TakeOne(snapshot, pieces, bytesMax))
                    ApplySome(machine, random, random.Next(6));
                Assert.False(snapshot.IsLost);
            }
            ulong after = machine.Digest;
            IStateMachine restored = Make(inFile, new MemoryStorage(), end: 1_000_000);
            SnapshotWork.Restore(restored, index == 0 ? 1 : index, digest, pieces);
            Assert.Equal(digest, restored.Digest);
            Assert.Equal(new LogIndex(index == 0 ? 1 : index), restored.RestoredIndex);
            // The next one is not confused by the marks of the one before.
            pieces.Clear();
            using (IStateSnapshot next = machine.BeginSnapshot()!)
                SnapshotWork.TakeAll(next, pieces);
            IStateMachine again = Make(inFile, new MemoryStorage(), end: 1_000_000);
            SnapshotWork.Restore(again, _index + 1, after, pieces);
            Assert.Equal(after, again.Digest);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_snapshot_that_would_keep_too_much_in_memory_is_lost_and_the_next_one_is_not(bool inFile)
    {
        IStateMachine machine = inFile
            ? new SlotStateMachine(
                SlotFile.Open(new MemoryStorage(), "slots", SlotWork.Owner), LogIndex.Zero,
                new SlotStateMachineOptions { SnapshotDisplacedBytesMax = 300 })
            : new KvStateMachine(new KvStateMachineOptions { SnapshotDisplacedBytesMax = 300 });
        for (int key = 0; key < 10; key++)
            Apply(machine, SlotWork.Set($"{key}", new string('v', 100)));
        using (IStateSnapshot snapshot = machine.BeginSnapshot()!)
        {
            for (int key = 0; key < 10; key++)
                Apply(machine, SlotWork.Set($"{key}", "w"));
            Assert.True(snapshot.IsLost);
        }
        var pieces = new List<byte[]>();
        using (IStateSnapshot snapshot = machine.BeginSnapshot()!)
            SnapshotWork.TakeAll(snapshot, pieces);
        var restored = new KvStateMachine();
        SnapshotWork.Restore(restored, 20, machine.Digest, pieces);
        Assert.Equal(10, restored.Count);
    }

    [Fact]
    public void A_piece_of_a_large_store_takes_little_time_however_many_places_are_empty()
    {
        var machine = new KvStateMachine();
        for (int key = 0; key < 200_000; key++)
            machine.Load(Key(key), [1]);
        for (int key = 0; key < 199_999; key++)
            Apply(machine, SlotWork.Delete(key.ToString(CultureInfo.InvariantCulture)));
        var pieces = new List<byte[]>();
        int calls = 1;
        using IStateSnapshot snapshot = machine.BeginSnapshot();
        while (SnapshotWork.TakeOne(snapshot, pieces))
            calls++;
        Assert.InRange(calls, 5, 20);
        Assert.Single(pieces);
    }

    [Fact]
    public void A_state_whose_digest_is_not_that_of_the_snapshot_is_damage()
    {
        var machine = new KvStateMachine();
        Apply(machine, SlotWork.Set("1", "one"));
        var pieces = new List<byte[]>();
        using (IStateSnapshot snapshot = machine.BeginSnapshot())
            SnapshotWork.TakeAll(snapshot, pieces);
        Assert.Throws<LogCorruptionException>(
            () => SnapshotWork.Restore(new KvStateMachine(), 5, machine.Digest + 1, pieces));
        Assert.Throws<LogCorruptionException>(
            () => SnapshotWork.Restore(new KvStateMachine(), 5, machine.Digest, [[1, 2, 3]]));
        using var slots = (SlotStateMachine)Make(inFile: true, new MemoryStorage(), end: 10);
        Assert.Throws<LogCorruptionException>(
            () => SnapshotWork.Restore(slots, 5, machine.Digest, [.. pieces, .. pieces]));
    }

    [Fact]
    public void A_loss_of_power_while_slots_are_restored_leaves_a_file_to_be_restored_again()
    {
        var source = new KvStateMachine();
        for (int key = 0; key < 9; key++)
            Apply(source, SlotWork.Set($"{key}", new string('n', 50 * key)));
        var pieces = new List<byte[]>();
        using (IStateSnapshot snapshot = source.BeginSnapshot())
            SnapshotWork.TakeAll(snapshot, pieces);
        var sessions = new SessionTable();
        sessions.Open(new LogIndex(99), 1, new SessionRecord(SessionAction.Open, 1_000_000, 10));
        for (int diesAt = 1; ; diesAt++)
        {
            var storage = new FragileStorage();
            _index = 0;
            using (var old = (SlotStateMachine)Make(inFile: true, storage))
            {
                ApplySome(old, new Random(diesAt), 30);
                old.Checkpoint();
            }
            bool died = false;
            try
            {
                using var machine = (SlotStateMachine)Make(inFile: true, storage, end: 100);
                storage.DiesAt = storage.Operations + diesAt;
                SnapshotWork.Restore(machine, 100, source.Digest, pieces, sessions);
            }
            catch (PowerLossException)
            {
                died = true;
            }
            for (int seed = 0; seed < 4; seed++)
            {
                FragileStorage after = storage.AfterLoss(new Random(seed), seed / 3.0);
                using var machine = (SlotStateMachine)Make(inFile: true, after, end: 100);
                // Before the first write of the restoration, what was there counts still.
                Assert.Contains(machine.RestoredIndex.Value, died ? [0ul, 30ul, 100ul] : new[] { 100ul });
                if (machine.RestoredIndex.Value != 100)
                    SnapshotWork.Restore(machine, 100, source.Digest, pieces, sessions);
                Assert.Equal((source.Digest, 9L), (machine.Digest, machine.Count));
                SessionTable found = machine.RestoredSessions();
                Assert.Equal((1, sessions.Digest), (found.Count, found.Digest));
            }
            if (!died)
                return;
        }
    }

    private static IStateMachine Make(bool inFile, IStorage storage, ulong end = 0) =>
        inFile ? SlotWork.Open(storage, end) : new KvStateMachine();

    private void ApplySome(IStateMachine machine, Random random, int count)
    {
        for (int i = 0; i < count; i++)
            Apply(machine, SlotWork.Random(random));
    }

    private void Apply(IStateMachine machine, byte[] command)
    {
        var index = new LogIndex(++_index);
        _answer.ResetWrittenCount();
        machine.Apply(index, 0, command, _answer);
        machine.Applied(index, new SessionTable());
    }

    private static byte[] Key(int key) =>
        System.Text.Encoding.ASCII.GetBytes(key.ToString(CultureInfo.InvariantCulture));
}
