using System.Buffers;
using System.Globalization;
using System.Text;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.DiskStorage;

/// <summary>Integers and values in slots: answers, limits, what a restart finds, and damage.</summary>
public sealed class SlotStateMachineTests
{
    private readonly FragileStorage _storage = new();
    private readonly ArrayBufferWriter<byte> _answer = new();
    private ulong _index;

    [Fact]
    public void Values_are_set_read_replaced_and_deleted()
    {
        using SlotStateMachine machine = SlotWork.Open(_storage, 0);
        Assert.Equal("NotFound", SlotWork.Value(machine, "3"));
        Assert.Equal(Code.Ok, Apply(machine, SlotWork.Set("3", "three")));
        Assert.Equal(Code.Ok, Apply(machine, SlotWork.Set("11", "")));
        Assert.Equal("three", SlotWork.Value(machine, "3"));
        Assert.Equal("", SlotWork.Value(machine, "11"));
        Apply(machine, SlotWork.Set("3", "3"));
        Assert.Equal("3", SlotWork.Value(machine, "3"));
        Assert.Equal(2, machine.Count);
        Assert.Equal(Code.Ok, Apply(machine, SlotWork.Delete("3")));
        Assert.Equal(Code.NotFound, Apply(machine, SlotWork.Delete("3")));
        Assert.Equal("NotFound", SlotWork.Value(machine, "3"));
        Assert.Equal(Code.NotFound, Apply(machine, SlotWork.Get("3")));
        Assert.Equal(Code.Ok, Apply(machine, SlotWork.Get("11")));
        Assert.Equal(1, machine.Count);
    }

    [Fact]
    public void The_digest_is_that_of_a_store_in_memory_with_the_same_contents()
    {
        using SlotStateMachine machine = SlotWork.Open(_storage, 0);
        var random = new Random(5);
        List<byte[]> commands = [.. Enumerable.Range(0, 300).Select(_ => SlotWork.Random(random))];
        List<ulong> digests = SlotWork.Digests(commands);
        for (int i = 0; i < commands.Count; i++)
        {
            Apply(machine, commands[i]);
            Assert.Equal(digests[i + 1], machine.Digest);
        }
    }

    [Theory]
    [InlineData("12", "the key 12 is out of range; use one from 0 to 11, or start a cluster with more -slots")]
    [InlineData("-1", "the key -1 is out of range; ")]
    [InlineData("99999999999999999999999", "the key 99999999999999999999999 is out of range; ")]
    [InlineData("seven", "the key 'seven' is not a number in decimal without leading zeros; use one from 0 to 11")]
    [InlineData("-", "the key '-' is not a number")]
    [InlineData("07", "the key '07' is not a number in decimal without leading zeros; ")]
    [InlineData("+1", "the key '+1' is not a number")]
    [InlineData("1.0", "the key '1.0' is not a number")]
    [InlineData(" 1", "the key ' 1' is not a number")]
    public void A_key_that_names_no_slot_is_refused_with_cause_and_cure(string key, string cause)
    {
        using SlotStateMachine machine = SlotWork.Open(_storage, 0);
        foreach (byte[] command in new[] { SlotWork.Set(key, "x"), SlotWork.Delete(key), SlotWork.Get(key) })
        {
            Assert.Equal(Code.BadRequest, machine.Validate(command, out string message));
            Assert.StartsWith(cause, message, StringComparison.Ordinal);
            // In the log all the same, from a leader with other limits: the same answer everywhere, and no harm.
            Assert.Equal(Code.BadRequest, Apply(machine, command));
        }
        Assert.Equal(Code.BadRequest, machine.Query(SlotWork.Get(key), _answer, out _));
        Assert.Equal(0ul, machine.Digest);
    }

    [Fact]
    public void A_value_that_does_not_fit_is_refused_with_the_limit()
    {
        using SlotStateMachine machine = SlotWork.Open(_storage, 0);
        Assert.Equal(Code.Ok, machine.Validate(SlotWork.Set("1", new string('v', 472)), out _));
        byte[] tooLong = SlotWork.Set("1", new string('v', 473));
        Assert.Equal(Code.TooLarge, machine.Validate(tooLong, out string message));
        Assert.Equal(
            "the value has 473 bytes and a slot of 512 holds at most 472; split the value or start a cluster with a "
                + "larger -slotsize", message);
        Assert.Equal(Code.TooLarge, Apply(machine, tooLong));
        Assert.Equal(Code.BadRequest, Apply(machine, [1, 2, 3]));
        Assert.Equal(0, machine.Count);
    }

    [Fact]
    public void A_restart_begins_behind_the_last_checkpoint()
    {
        using (SlotStateMachine machine = SlotWork.Open(_storage, 0))
        {
            for (int i = 0; i < 6; i++)
                Apply(machine, SlotWork.Set("1", $"value {i}"));
        }
        using (SlotStateMachine machine = SlotWork.Open(_storage, 6))
        {
            Assert.Equal(4ul, machine.RestoredIndex.Value);
            Assert.Equal("value 3", SlotWork.Value(machine, "1"));
            _index = 4;
            Apply(machine, SlotWork.Set("1", "value 4"));
            Assert.Equal("value 4", SlotWork.Value(machine, "1"));
            Apply(machine, SlotWork.Set("1", "value 5"));
            machine.Checkpoint();
        }
        using SlotStateMachine last = SlotWork.Open(_storage, 6);
        Assert.Equal((6ul, 1L), (last.RestoredIndex.Value, last.Count));
    }

    [Fact]
    public void A_checkpoint_that_failed_stops_the_node_and_is_never_tried_again()
    {
        var executor = new Jobs();
        using SlotStateMachine machine = SlotWork.Open(_storage, 0, executor);
        for (int i = 0; i < 4; i++)
            Apply(machine, SlotWork.Set("1", $"value {i}"));
        _storage.SyncFails = true;
        DiskWork.Run(executor.Posted!);
        _storage.SyncFails = false;
        IOException failed = Assert.Throws<IOException>(() => Apply(machine, SlotWork.Set("1", "more")));
        Assert.Contains("a checkpoint failed: the device does not answer", failed.Message);
        Assert.Throws<IOException>(machine.Checkpoint);
        using SlotFile file = SlotFile.Open(
            _storage.AfterLoss(new Random(1), keepChance: 0), SlotFile.DefaultName, SlotWork.Owner);
        Assert.Equal(LogIndex.Zero, file.Superblock.Applied);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    [InlineData(30)]
    [InlineData(SlotHeader.SizeBytes + 2)]
    public void A_slot_that_is_not_what_was_written_stops_the_node_and_is_named(int slotOffset)
    {
        FillAndDamage(slotOffset);
        LogCorruptionException damage = Assert.Throws<LogCorruptionException>(() => SlotWork.Open(_storage, 7));
        Assert.Contains($"offset {SlotFile.FirstSlotAt + 512}: the slot of key 1 ", damage.Message);
        Assert.Contains("Remove the file", damage.Message);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(96)]
    public void A_file_whose_last_journal_is_not_what_was_written_is_refused(int offset)
    {
        FillAndDamage(slotOffset: -1);
        Write("slots.journal0", offset, 0xEE);
        // That of an older checkpoint, and no matter.
        SlotWork.Open(_storage, 7).Dispose();
        Write("slots.journal1", offset, 0xEE);
        LogCorruptionException damage = Assert.Throws<LogCorruptionException>(() => SlotWork.Open(_storage, 7));
        Assert.Contains("the journal of its last checkpoint is missing, or not what was written", damage.Message);
        _storage.Delete("slots.journal1");
        Assert.Throws<LogCorruptionException>(() => SlotWork.Open(_storage, 7));
        // The cure that the message names.
        _storage.Delete(SlotFile.DefaultName);
        using SlotStateMachine anew = SlotWork.Open(_storage, 7);
        Assert.Equal((LogIndex.Zero, 0ul), (anew.RestoredIndex, anew.Digest));
    }

    [Fact]
    public void What_is_relative_is_answered_and_applied_as_by_a_store_in_memory()
    {
        using SlotStateMachine machine = SlotWork.Open(_storage, 0);
        Assert.Equal((Code.Ok, "5"), Change(machine, SlotWork.Increment("3", 5)));
        Assert.Equal((Code.Ok, "4"), Change(machine, SlotWork.Increment("3", -1)));
        Assert.Equal((Code.ConditionFailed, "4"), Change(machine, SlotWork.CompareAndSet("3", null, "x")));
        Assert.Equal(Code.Ok, Change(machine, SlotWork.CompareAndSet("3", "4", "x")).Code);
        Assert.Equal((Code.ConditionFailed, "x"), Change(machine, SlotWork.Increment("3", 1)));
        Assert.Equal(Code.Ok, Change(machine, SlotWork.CompareAndSet("4", null, "y")).Code);
        Assert.Equal(("x", "y"), (SlotWork.Value(machine, "3"), SlotWork.Value(machine, "4")));
        byte[] tooLong = SlotWork.CompareAndSet("4", "y", new string('v', 473));
        Assert.Equal(Code.TooLarge, machine.Validate(tooLong, out _));
    }

    [Fact]
    public void There_is_no_room_while_changes_wait_for_a_checkpoint_in_memory()
    {
        var executor = new Jobs();
        var options = new SlotStateMachineOptions
        {
            CheckpointBytes = 1_000,
            ChangesBytesMax = 1_500,
            Executor = executor,
        };
        using var machine = new SlotStateMachine(
            SlotFile.Open(_storage, SlotFile.DefaultName, SlotWork.Owner), LogIndex.Zero, options);
        for (int i = 0; executor.Posted is null; i++)
            Apply(machine, SlotWork.Set($"{i}", new string('a', 400)));
        Assert.True(machine.HasRoom);
        for (int i = 0; machine.HasRoom; i++)
            Apply(machine, SlotWork.Set($"{i}", new string('b', 400)));
        // The same slot again takes nothing more.
        Assert.Equal(new string('b', 400), SlotWork.Value(machine, "1"));
        DiskWork.Run(executor.Posted);
        Assert.True(machine.HasRoom);
    }

    [Fact]
    public void A_snapshot_brings_a_checkpoint_so_that_the_log_behind_it_leads_on()
    {
        using (SlotStateMachine machine = SlotWork.Open(_storage, 0))
        {
            Apply(machine, SlotWork.Set("1", "one"));
            machine.BeginSnapshot()!.Dispose();
            Apply(machine, SlotWork.Set("1", "two"));
        }
        using SlotStateMachine again = SlotWork.Open(_storage, 2);
        Assert.Equal((1ul, "one"), (again.RestoredIndex.Value, SlotWork.Value(again, "1")));
    }

    [Fact]
    public void A_slot_that_rots_while_the_node_runs_stops_it()
    {
        using SlotStateMachine machine = SlotWork.Open(_storage, 0);
        Apply(machine, SlotWork.Set("1", "value"));
        machine.Checkpoint();
        Write(SlotFile.FirstSlotAt + 512 + SlotHeader.SizeBytes, [0xFF]);
        Assert.Throws<LogCorruptionException>(() => SlotWork.Value(machine, "1"));
        Write(SlotFile.FirstSlotAt + 512 + 9, [0xFF]);
        Assert.Throws<LogCorruptionException>(() => Apply(machine, SlotWork.Set("1", "other")));
    }

    [Fact]
    public void Writes_that_the_disk_forgot_are_noticed_by_the_digest_of_the_checkpoint()
    {
        FillAndDamage(slotOffset: -1);
        Write(SlotFile.FirstSlotAt + 512, new byte[512]);
        LogCorruptionException damage = Assert.Throws<LogCorruptionException>(() => SlotWork.Open(_storage, 6));
        Assert.Contains("writes were lost", damage.Message);
    }

    [Fact]
    public void A_file_that_is_ahead_of_the_log_is_refused()
    {
        FillAndDamage(slotOffset: -1);
        LogCorruptionException damage = Assert.Throws<LogCorruptionException>(() => SlotWork.Open(_storage, 5));
        Assert.Contains("it holds entry 6, and the log ends at 5", damage.Message);
    }

    private sealed class Jobs : IDiskExecutor
    {
        public IDiskJob? Posted { get; private set; }

        public void Post(IDiskJob job) => Posted = job;
    }

    private void FillAndDamage(int slotOffset)
    {
        using SlotStateMachine machine = SlotWork.Open(_storage, 0);
        for (int i = 0; i < 6; i++)
            Apply(machine, SlotWork.Set("1", string.Create(CultureInfo.InvariantCulture, $"value {i}")));
        machine.Checkpoint();
        if (slotOffset >= 0)
            Write(SlotFile.FirstSlotAt + 512 + slotOffset, [0xEE]);
    }

    private void Write(string name, long offset, byte value)
    {
        using IStorageFile file = _storage.Open(name, writable: true);
        file.Write(offset, [value]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_checkpoint_without_room_is_made_when_there_is_some(bool isStopped)
    {
        var storage = new MemoryStorage();
        LogIndex restored;
        using (SlotStateMachine machine = SlotWork.Open(storage, 9))
        {
            storage.CapacityBytes -= storage.FreeBytes;
            for (int i = 0; i < 6; i++)
                Apply(machine, SlotWork.Set("3", new string('v', 100 + i)));
            Assert.Equal(LogIndex.Zero, ((IImageSource)machine).AppliedIndex);
            Assert.Equal(new string('v', 105), SlotWork.Value(machine, "3"));
            if (!isStopped)
            {
                storage.CapacityBytes = long.MaxValue;
                Apply(machine, SlotWork.Set("4", "after"));
            }
            machine.Checkpoint();
            restored = ((IImageSource)machine).AppliedIndex;
        }
        using SlotStateMachine again = SlotWork.Open(storage, 9);
        Assert.Equal(isStopped ? LogIndex.Zero : new LogIndex(7), restored);
        Assert.Equal(restored, again.RestoredIndex);
        Assert.Equal(isStopped ? "NotFound" : "after", SlotWork.Value(again, "4"));
    }

    [Fact]
    public void Half_of_a_batch_that_failed_is_in_no_checkpoint()
    {
        var storage = new MemoryStorage();
        using (var machine = new SlotStateMachine(SlotFile.Open(storage, "f", SlotWork.Owner), new LogIndex(9)))
        {
            machine.Apply(new LogIndex(1), 0, SlotWork.Set("1", "a"), _answer);
            machine.Applied(new LogIndex(1), new SessionTable());
            machine.Apply(new LogIndex(2), 0, SlotWork.Set("2", "b"), _answer);
            machine.Checkpoint();
        }
        using var again = new SlotStateMachine(SlotFile.Open(storage, "f", SlotWork.Owner), new LogIndex(9));
        Assert.Equal(LogIndex.Zero, again.RestoredIndex);
    }

    private (Code Code, string Answer) Change(SlotStateMachine machine, byte[] command)
    {
        _answer.ResetWrittenCount();
        Code code = Apply(machine, command);
        return (code, Encoding.UTF8.GetString(_answer.WrittenSpan));
    }

    private void Write(long offset, byte[] bytes)
    {
        using IStorageFile file = _storage.Open(SlotFile.DefaultName, writable: true);
        file.Write(offset, bytes);
    }

    private Code Apply(SlotStateMachine machine, byte[] command)
    {
        var index = new LogIndex(++_index);
        Code code = machine.Apply(index, 0, command, _answer);
        machine.Applied(index, new SessionTable());
        return code;
    }
}
