using System.Text;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
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
            file.WriteSuperblock(new LogIndex(5), 1, 2);
            file.WriteSuperblock(new LogIndex(6), 3, 4);
        }
        Assert.Equal(6ul, Applied(storage));
        Write(storage, 50 + SlotSuperblock.BlockBytes * 1, 0xAA);
        Assert.Equal(5ul, Applied(storage));
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
    public void What_a_life_in_memory_left_is_made_anew_by_the_next_one()
    {
        var storage = new FragileStorage();
        SlotFileOwner first = SlotWork.Owner with { IsVolatile = true };
        using (SlotFile file = SlotFile.Open(storage, "f", first))
        {
            file.WriteValue(1, new LogIndex(1), "x"u8, SlotCodec.Hash(1, "x"u8));
            file.WriteSuperblock(new LogIndex(1), 1, 1);
        }
        using SlotFile next = SlotFile.Open(storage, "f", first with { Incarnation = 78 });
        Assert.Equal(LogIndex.Zero, next.Superblock.Applied);
        Assert.Equal(SlotKind.Empty, next.Read(1, out _).Kind);
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
