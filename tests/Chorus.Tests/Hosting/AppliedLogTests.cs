using System.Buffers;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Tests.Hosting;

public sealed class AppliedLogTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chorus-applied-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Each_command_is_in_the_file_as_a_record_before_it_is_answered()
    {
        using AppliedLog log = Open();
        for (ulong index = 2; index < 20; index += 3)
        {
            Assert.Equal(Code.Ok, Apply(log, index));
            byte[] bytes = ReadShared(log.Path);
            RecordHeader last = Records(bytes)[^1];
            Assert.Equal((index, (long)index * 10), (last.Index.Value, last.TimeMicros));
        }
        Assert.Equal(6, Records(ReadShared(log.Path)).Count);
        Assert.Equal("n0-applied-0001.log", Path.GetFileName(log.Path));
    }

    [Fact]
    public void A_restart_applies_everything_again_and_writes_only_what_is_new()
    {
        ulong digest;
        using (AppliedLog log = Open())
        {
            for (ulong index = 1; index <= 10; index++)
                Apply(log, index);
            digest = log.Digest;
        }
        byte[] before = ReadShared(FilePath(1));
        using (AppliedLog log = Open())
        {
            for (ulong index = 1; index <= 10; index++)
                Apply(log, index);
            Assert.Equal(digest, log.Digest);
            Assert.Equal(before, ReadShared(FilePath(1)));
            Apply(log, 11);
        }
        Assert.Equal(11, Records(ReadShared(FilePath(1))).Count);
    }

    [Fact]
    public void A_log_that_begins_later_than_a_state_on_disk_begins_behind_it()
    {
        var owner = new SlotFileOwner(new SlotGeometry(20, 512), Guid.NewGuid(), 1, IsVolatile: false);
        var storage = new MemoryStorage();
        using (var slots = new SlotStateMachine(SlotFile.Open(storage, "s", owner), LogIndex.Zero))
        {
            for (ulong index = 1; index <= 9; index++)
                slots.Apply(new LogIndex(index), 0, CommandOf(index), new ArrayBufferWriter<byte>());
            slots.Applied(new LogIndex(9), new SessionTable());
            slots.Checkpoint();
        }
        using var again = new SlotStateMachine(SlotFile.Open(storage, "s", owner), new LogIndex(9));
        using AppliedLog log = AppliedLog.Open(again, _folder.FullName, "n0", startsAnew: false);
        Assert.Equal(9ul, log.RestoredIndex.Value);
        log.Apply(new LogIndex(10), 0, CommandOf(10), new ArrayBufferWriter<byte>());
        Assert.Equal(10ul, Assert.Single(Records(ReadShared(log.Path))).Index.Value);
    }

    [Fact]
    public void A_record_torn_at_any_byte_is_cut_off_and_written_again()
    {
        using (AppliedLog log = Open())
        {
            for (ulong index = 1; index <= 3; index++)
                Apply(log, index);
        }
        byte[] whole = ReadShared(FilePath(1));
        int recordLength = whole.Length / 3;
        for (int kept = 0; kept < recordLength; kept++)
        {
            foreach (bool zeros in (bool[])[false, true])
            {
                int length = zeros ? whole.Length : (2 * recordLength) + kept;
                byte[] torn = new byte[length];
                whole.AsSpan(0, (2 * recordLength) + kept).CopyTo(torn);
                File.WriteAllBytes(FilePath(1), torn);
                using (AppliedLog log = Open())
                    Apply(log, 3);
                Assert.Equal(whole, ReadShared(FilePath(1)));
            }
        }
    }

    [Fact]
    public void Damage_with_records_behind_it_is_corruption_and_leaves_the_file_alone()
    {
        using (AppliedLog log = Open())
        {
            for (ulong index = 1; index <= 3; index++)
                Apply(log, index);
        }
        byte[] damaged = ReadShared(FilePath(1));
        damaged[60] ^= 1;
        File.WriteAllBytes(FilePath(1), damaged);
        LogCorruptionException error = Assert.Throws<LogCorruptionException>(() => Open().Dispose());
        Assert.Contains("offset 0", error.Message, StringComparison.Ordinal);
        Assert.Equal(damaged, ReadShared(FilePath(1)));
    }

    [Fact]
    public void Records_larger_than_the_read_buffer_are_recovered()
    {
        using (AppliedLog log = Open())
        {
            Apply(log, 1, 3_000_000);
            Apply(log, 2, 1_048_500);
            Apply(log, 3, 5);
        }
        long length = new FileInfo(FilePath(1)).Length;
        using (AppliedLog log = Open())
            Apply(log, 3, 5);
        Assert.Equal(length, new FileInfo(FilePath(1)).Length);
        Assert.Equal(3, Records(ReadShared(FilePath(1))).Count);
    }

    [Fact]
    public void A_node_without_memory_begins_a_new_file()
    {
        for (int run = 1; run <= 3; run++)
        {
            using AppliedLog log = Open(startsAnew: true);
            Apply(log, 1);
            Assert.Equal(FilePath(run), log.Path);
        }
    }

    [Fact]
    public void A_file_of_another_cluster_and_a_folder_that_cannot_be_used_are_refused()
    {
        using (AppliedLog log = Open())
            Apply(log, 1, 10);
        using (AppliedLog log = Open())
        {
            ChorusException other = Assert.Throws<ChorusException>(() => Apply(log, 1, 11));
            Assert.Contains("another cluster", other.Message, StringComparison.Ordinal);
        }
        ChorusException error = Assert.Throws<ChorusException>(
            () => AppliedLog.Open(new KvStateMachine(), FilePath(1), "n0", false));
        Assert.StartsWith("-logfolder:", error.Message, StringComparison.Ordinal);
    }

    private AppliedLog Open(bool startsAnew = false) =>
        AppliedLog.Open(new KvStateMachine(), _folder.FullName, "n0", startsAnew);

    private string FilePath(int number) => Path.Combine(_folder.FullName, $"n0-applied-{number:d4}.log");

    private static Code Apply(AppliedLog log, ulong index, int valueLength = 30)
    {
        var command = new ArrayBufferWriter<byte>();
        KvCommandView.Write(command, Operation.Set, "key"u8, new byte[valueLength]);
        var response = new ArrayBufferWriter<byte>();
        return log.Apply(new LogIndex(index), (long)index * 10, command.WrittenSpan, response);
    }

    private static byte[] CommandOf(ulong index)
    {
        var command = new ArrayBufferWriter<byte>();
        ReadOnlySpan<byte> key = index % 2 == 0 ? "7"u8 : "8"u8;
        KvCommandView.Write(command, index % 5 == 0 ? Operation.Delete : Operation.Set, key, new byte[index]);
        return command.WrittenSpan.ToArray();
    }

    private static byte[] ReadShared(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static List<RecordHeader> Records(ReadOnlySpan<byte> bytes)
    {
        var records = new List<RecordHeader>();
        ulong chain = 0;
        while (bytes.Length > 0)
        {
            ReadOnlySpan<byte> record = bytes[..(int)RecordCodec.Length(bytes)];
            Assert.True(RecordCodec.CrcMatches(record));
            records.Add(RecordCodec.Header(record));
            chain = RecordCodec.Chain(chain, record);
            Assert.Equal(chain, records[^1].Chain);
            bytes = bytes[record.Length..];
        }
        return records;
    }
}
