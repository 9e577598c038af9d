using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.DiskStorage;

/// <summary>Bytes of the file, whose it is, and what cannot be opened.</summary>
public sealed class SlotFileTests
{
    [Fact]
    public void The_bytes_of_a_slot_are_as_documented()
    {
        byte[] slot = new byte[512];
        ulong hash = SlotCodec.Hash(7, "hello"u8);
        Assert.Equal(KvStateMachineDigest.OfEntry("7"u8, "hello"u8), hash);
        int length = SlotCodec.Encode(slot, 7, new LogIndex(9), "hello"u8, hash).Length;
        Assert.Equal(45, length);
        Assert.Equal(
            "2D6D1B9D01000000" + "0900000000000000" + "0700000000000000" + Little(hash) + "0500000000000000"
                + Convert.ToHexString("hello"u8), Convert.ToHexString(slot.AsSpan(0, length)));
        Assert.Equal(
            new SlotHeader(SlotKind.Value, new LogIndex(9), 5, hash), SlotCodec.Decode(slot, 7, valueBytesMax: 472));
        Assert.Equal(SlotKind.Damaged, SlotCodec.Decode(slot, 8, 472).Kind);
    }

    [Fact]
    public void Any_changed_byte_of_a_slot_is_noticed()
    {
        byte[] slot = new byte[512];
        byte[] value = Encoding.ASCII.GetBytes(new string('v', 300));
        int length = SlotCodec.Encode(slot, 3, new LogIndex(4), value, SlotCodec.Hash(3, value)).Length;
        for (int i = 0; i < length; i++)
        {
            slot[i] ^= 0x10;
            Assert.Equal(SlotKind.Damaged, SlotCodec.Decode(slot, 3, 472).Kind);
            slot[i] ^= 0x10;
        }
        Assert.Equal(SlotKind.Value, SlotCodec.Decode(slot, 3, 472).Kind);
    }

    [Fact]
    public void Of_two_superblocks_the_newer_whole_one_counts()
    {
        var storage = new FragileStorage();
        using (SlotFile file = SlotFile.Open(storage, "f", SlotWork.Owner))
        {
            Checkpoint(file, 5);
            Checkpoint(file, 6);
        }
        Assert.Equal(6ul, Applied(storage));
        // The journal says what the torn one said.
        Write(storage, 50 + SlotSuperblock.BlockBytes * 1, 0xAA);
        Assert.Equal(6ul, Applied(storage));
        Write(storage, 50 + SlotSuperblock.BlockBytes * 1, 0xAA);
        Write(storage, 50, 0xAA);
        LogCorruptionException damage = Assert.Throws<LogCorruptionException>(() => Applied(storage));
        Assert.Contains("neither of its two superblocks is whole", damage.Message);
    }

    [Fact]
    public void The_file_of_another_node_is_refused()
    {
        var storage = new FragileStorage();
        SlotFile.Open(storage, "f", SlotWork.Owner).Dispose();
        SlotFileException other = Assert.Throws<SlotFileException>(
            () => SlotFile.Open(storage, "f", SlotWork.Owner with { Incarnation = 78 }));
        Assert.Contains("belongs to another node", other.Message);
        Assert.Contains("remove this one", other.Cure);
        SlotFileException shape = Assert.Throws<SlotFileException>(
            () => SlotFile.Open(storage, "f", SlotWork.Owner with { Geometry = new SlotGeometry(12, 1024) }));
        Assert.Contains("has 12 slots of 512 bytes, not 12 of 1024", shape.Message);
        Assert.Throws<SlotFileException>(
            () => SlotFile.Open(storage, "f", SlotWork.Owner with { Incarnation = 78, IsVolatile = true }));
    }

    [Fact]
    public void The_file_of_another_node_whose_checkpoint_is_under_way_is_not_touched()
    {
        var storage = new MemoryStorage();
        using SlotFile file = SlotFile.Open(storage, "f", SlotWork.Owner);
        var changes = new SlotChanges();
        ulong hash = SlotCodec.Hash(3, "new"u8);
        changes.Set(3, new SlotHeader(SlotKind.Value, new LogIndex(1), 3, hash), "new"u8);
        file.WriteJournal(file.Next(new LogIndex(1), 1, hash), changes, default);

        Assert.Throws<SlotFileException>(
            () => SlotFile.Open(storage, "f", SlotWork.Owner with { Incarnation = 78 }));

        Assert.Equal(SlotKind.Empty, file.ReadHeader(3).Kind);
    }

    [Fact]
    public void What_a_life_in_memory_left_is_made_anew_by_the_next_one()
    {
        var storage = new FragileStorage();
        SlotFileOwner first = SlotWork.Owner with { IsVolatile = true };
        using (SlotFile file = SlotFile.Open(storage, "f", first))
        {
            file.WriteValue(1, new LogIndex(1), "x"u8, SlotCodec.Hash(1, "x"u8));
            Checkpoint(file, 1);
        }
        using SlotFile next = SlotFile.Open(storage, "f", first with { Incarnation = 78 });
        Assert.Equal(LogIndex.Zero, next.Superblock.Applied);
        Assert.Equal(SlotKind.Empty, next.Read(1, out _).Kind);
    }

    [Theory]
    [InlineData(1, "made by an older Chorus", "Remove the file")]
    [InlineData(9, "made by a newer Chorus", "Install that version again")]
    public void A_file_of_another_format_is_refused_with_the_cure(byte format, string cause, string cure)
    {
        var storage = new FragileStorage();
        SlotFile.Open(storage, "f", SlotWork.Owner).Dispose();
        byte[] block = new byte[SlotSuperblock.BlockBytes];
        using (IStorageFile file = storage.Open("f", writable: true))
        {
            file.Read(0, block);
            block[8] = format;
            BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(4), Crc32C.Compute(block.AsSpan(8..88)));
            file.Write(0, block);
        }
        SlotFileException error = Assert.Throws<SlotFileException>(() => Applied(storage));
        Assert.Contains(cause, error.Message);
        Assert.StartsWith(cure, error.Cure);
    }

    [Theory]
    [InlineData(8, 2, "f.journal0 has format 2, this version reads up to 1")]
    [InlineData(96, 7, "f.journal0 holds sessions of format 7, this version reads up to 1")]
    public void A_journal_of_a_newer_format_is_refused_and_not_taken_for_damage(int offset, byte format, string cause)
    {
        var storage = new FragileStorage();
        var encoded = new ArrayBufferWriter<byte>();
        new SessionTable().Encode(encoded);
        using (SlotFile file = SlotFile.Open(storage, "f", SlotWork.Owner))
            file.WriteJournal(file.Next(new LogIndex(9), 1, 2), new SlotChanges(), encoded.WrittenSpan);
        using (IStorageFile file = storage.Open("f.journal0", writable: true))
        {
            byte[] journal = new byte[file.Length];
            file.Read(0, journal);
            journal[offset] = format;
            BinaryPrimitives.WriteUInt32LittleEndian(journal.AsSpan(12), Crc32C.Compute(journal.AsSpan(96..)));
            BinaryPrimitives.WriteUInt32LittleEndian(journal.AsSpan(4), Crc32C.Compute(journal.AsSpan(8..96)));
            file.Write(0, journal);
        }
        SlotFileException error = Assert.Throws<SlotFileException>(() => Applied(storage));
        Assert.Contains(cause, error.Message);
        Assert.StartsWith("Install that version again", error.Cure);
    }

    [Fact]
    public void The_bytes_of_a_journal_are_as_documented()
    {
        var storage = new FragileStorage();
        var sessions = new SessionTable();
        var encoded = new ArrayBufferWriter<byte>();
        sessions.Encode(encoded);
        using (SlotFile file = SlotFile.Open(storage, "f", SlotWork.Owner))
        {
            var changes = new SlotChanges();
            var header = new SlotHeader(SlotKind.Value, new LogIndex(9), 5, SlotCodec.Hash(7, "hello"u8));
            changes.Set(7, header, "hello"u8);
            file.WriteJournal(file.Next(new LogIndex(9), 1, header.Hash), changes, encoded.WrittenSpan);
        }
        byte[] journal = new byte[1000];
        int length;
        using (IStorageFile file = storage.Open("f.journal0", writable: false))
            length = file.Read(0, journal);
        Span<byte> slot = new byte[512];
        slot = slot[..SlotCodec.Encode(slot, 7, new LogIndex(9), "hello"u8, SlotCodec.Hash(7, "hello"u8)).Length];
        Assert.Equal(96 + 8 + 45 + encoded.WrittenCount, length);
        ReadOnlySpan<byte> body = journal.AsSpan(96..length);
        Assert.Equal(
            "3143534A" + Little(Crc32C.Compute(journal.AsSpan(8..96)))[..8] + "01000000"
                + Little(Crc32C.Compute(body))[..8] + Little(2ul)
                + Convert.ToHexString(SlotWork.Owner.ClusterId.ToByteArray()) + Little(77) + Little(9) + Little(1)
                + Little(SlotCodec.Hash(7, "hello"u8)) + Little(1) + Little(8 + 45)
                + Little((ulong)encoded.WrittenCount) + Little(7) + Convert.ToHexString(slot)
                + Convert.ToHexString(encoded.WrittenSpan),
            Convert.ToHexString(journal.AsSpan(..length)));
        // It was durable, and the file was still as before: the checkpoint is finished now.
        using SlotFile next = SlotFile.Open(storage, "f", SlotWork.Owner);
        Assert.Equal((9ul, 2ul), (next.Superblock.Applied.Value, next.Superblock.Sequence));
        Assert.Equal(SlotKind.Value, next.Read(7, out ReadOnlySpan<byte> value).Kind);
        Assert.True(value.SequenceEqual("hello"u8));
    }

    [Fact]
    public void Journals_take_their_room_when_they_are_made()
    {
        var storage = new MemoryStorage(capacityBytes: 18_000);
        SlotFileException full = Assert.Throws<SlotFileException>(
            () => SlotFile.Open(storage, "f", SlotWork.Owner, journalBytes: 2_000));
        Assert.Contains("takes 18,336 bytes", full.Message);
        SlotFile.Open(storage, "f", SlotWork.Owner, journalBytes: 1_000).Dispose();
        using IStorageFile journal = storage.Open("f.journal1", writable: false);
        Assert.Equal(1_000, journal.Length);
    }

    [Fact]
    public void Want_of_room_is_said_before_anything_is_made()
    {
        var storage = new MemoryStorage(capacityBytes: 10_000);
        SlotFileException full = Assert.Throws<SlotFileException>(() => SlotFile.Open(storage, "f", SlotWork.Owner));
        Assert.Contains("takes 14,336 bytes", full.Message);
        Assert.Empty(storage.List());
    }

    [Fact]
    public void A_real_file_takes_its_room_at_once_and_holds_large_slots()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            SlotFileOwner owner = SlotWork.Owner with { Geometry = new SlotGeometry(5, 64 << 10) };
            var storage = new PosixStorage(path);
            byte[] value = [.. Enumerable.Range(0, owner.Geometry.ValueBytesMax).Select(i => (byte)i)];
            using (SlotFile file = SlotFile.Open(storage, "f", owner))
                file.WriteValue(4, new LogIndex(1), value, SlotCodec.Hash(4, value));
            Assert.Equal(SlotFile.FirstSlotAt + 5 * (64 << 10), new FileInfo(Path.Combine(path, "f")).Length);
            using SlotFile again = SlotFile.Open(storage, "f", owner);
            Assert.Equal(SlotKind.Value, again.Read(4, out ReadOnlySpan<byte> found).Kind);
            Assert.True(found.SequenceEqual(value));
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Theory]
    [InlineData("slots 1048576,1024", true)]
    [InlineData("slots 0,1024", false)]
    [InlineData("slots 10,1000", false)]
    [InlineData("slots 10", false)]
    [InlineData("preload 10,1024", false)]
    [InlineData("", false)]
    public void The_shape_is_read_from_what_a_replica_starts_from(string text, bool isShape)
    {
        Assert.Equal(isShape, SlotGeometry.TryParse(text, out SlotGeometry geometry));
        if (isShape)
            Assert.Equal(text, geometry.Base);
    }

    private static void Checkpoint(SlotFile file, ulong applied)
    {
        SlotSuperblock next = file.Next(new LogIndex(applied), 1, 2);
        file.WriteJournal(next, new SlotChanges(), default);
        file.Write(next, new SlotChanges());
    }

    private static ulong Applied(FragileStorage storage)
    {
        using SlotFile file = SlotFile.Open(storage, "f", SlotWork.Owner);
        return file.Superblock.Applied.Value;
    }

    private static void Write(FragileStorage storage, long offset, byte value)
    {
        using IStorageFile file = storage.Open("f", writable: true);
        file.Write(offset, [value]);
    }

    private static string Little(ulong value) => Convert.ToHexString(BitConverter.GetBytes(value));
}
