using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

public sealed class HardStateFileTests
{
    private const int SlotBytes = 4096;
    private static readonly HardState Old = new(new Term(4), new NodeId("n1"), new LogIndex(17));
    private static readonly HardState New = new(new Term(5), new NodeId("n2"), new LogIndex(18));

    private readonly MemoryStorage _storage = new();

    [Fact]
    public void A_state_comes_back_whole()
    {
        var longest = new HardState(
            new Term(ulong.MaxValue), new NodeId(new string('z', NodeId.LengthMax)), new LogIndex(ulong.MaxValue));
        foreach (HardState state in new[] { Old, New, longest, HardState.Empty })
        {
            Write(_storage, state);
            Assert.Equal(state, Read(_storage, out string? note));
            Assert.Null(note);
        }
    }

    [Fact]
    public void A_write_torn_at_any_byte_leaves_the_old_or_the_new_state()
    {
        Write(_storage, Old);
        byte[] before = Bytes(_storage);
        Write(_storage, New);
        byte[] after = Bytes(_storage);
        for (int cut = 0; cut <= 2 * SlotBytes; cut += cut % SlotBytes > 128 ? 64 : 1)
        {
            var torn = new MemoryStorage();
            using (IStorageFile file = torn.Create(HardStateFile.Name))
                file.Write(0, [.. after[..cut], .. before[cut..]]);
            HardState found = Read(torn, out _);
            Assert.Equal(cut < 42 ? Old : New, found);
            Assert.True(found == Old || found == New);
            Assert.Equal(found, Read(torn, out string? note));
            Assert.Null(note);
        }
    }

    [Fact]
    public void One_rotten_copy_is_repaired_and_told()
    {
        Write(_storage, New);
        for (int slot = 0; slot < 2; slot++)
        {
            Flip(slot * SlotBytes + 30);
            Assert.Equal(New, Read(_storage, out string? note));
            Assert.Contains($"offset {slot * SlotBytes}", note, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_rotten_copies_are_corruption()
    {
        Write(_storage, New);
        Flip(30);
        Flip(SlotBytes + 30);
        var error = Assert.Throws<LogCorruptionException>(() => Read(_storage, out _));
        Assert.Contains("hard-state", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_corruption()
    {
        _storage.Create(HardStateFile.Name).Dispose();
        Assert.Throws<LogCorruptionException>(() => Read(_storage, out _));
    }

    [Fact]
    public void A_lost_hard_state_is_not_made_anew()
    {
        using (var driver = new LogDriver(_storage))
        {
            driver.Save(3);
            driver.Append(3, "x");
            Assert.True(driver.Settle());
        }
        _storage.Delete(HardStateFile.Name);
        var error = Assert.Throws<LogCorruptionException>(() => new LogDriver(_storage).Dispose());
        Assert.Contains("term and vote", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_term_older_than_the_log_is_corruption()
    {
        using (var driver = new LogDriver(_storage))
        {
            driver.Append(3, "x");
            Assert.True(driver.Settle());
        }
        var error = Assert.Throws<LogCorruptionException>(() => new LogDriver(_storage).Dispose());
        Assert.Contains("vote may have been forgotten", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_segment_and_a_loss_come_back_in_a_format_that_an_older_version_refuses()
    {
        HardState lost = New with { HasLostEntries = true };
        using (HardStateFile file = HardStateFile.Open(_storage, out _))
        {
            Assert.Equal(1, Bytes(_storage)[8]);
            file.Save(lost);
            file.NoteSegment(77);
            Assert.Equal(2, Bytes(_storage)[8]);
        }
        Flip(109);
        using HardStateFile again = HardStateFile.Open(_storage, out string? note);
        Assert.NotNull(note);
        Assert.Equal((lost, 77ul), (again.Recovered, again.NewestSegment));
    }

    private static void Write(IStorage storage, HardState state)
    {
        using HardStateFile file = HardStateFile.Open(storage, out _);
        file.Save(state);
    }

    private static HardState Read(IStorage storage, out string? note)
    {
        using HardStateFile file = HardStateFile.Open(storage, out note);
        return file.Recovered;
    }

    private static byte[] Bytes(IStorage storage)
    {
        using IStorageFile file = storage.Open(HardStateFile.Name, writable: false);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }

    private void Flip(int at)
    {
        byte bytes = Bytes(_storage)[at];
        using IStorageFile file = _storage.Open(HardStateFile.Name, writable: true);
        file.Write(at, [(byte)(bytes ^ 16)]);
    }
}
