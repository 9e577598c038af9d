using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>How records come to the disk: in whole blocks, past the system's cache.</summary>
public sealed class SegmentWriterTests
{
    private const int Block = IStorage.UncachedBlockBytes;

    private readonly BlockStorage _storage = new();

    [Fact]
    public void Blocks_are_written_whole_and_the_last_one_again_with_what_follows_it()
    {
        using (LogDriver driver = Begin(_storage))
        {
            driver.Append(1, new string('a', 100));
            Assert.True(driver.Settle());
            driver.Append(1, new string('b', 100));
            Assert.True(driver.Settle());
            driver.Append(1, new string('c', 5000));
            Assert.True(driver.Settle());
            driver.Append(1, new string('d', 100));
            Assert.True(driver.Settle());
        }
        // The header, then records: each begins in the block in which the one before it ended.
        Assert.Equal(
            [(0, 1), (1, 1), (1, 1), (1, 2), (2, 1)],
            _storage.Writes.Where(write => write.IsLog).Select(write => (write.Offset / Block, write.Length / Block)));
        Assert.Equal(["a", "b", "c", "d"], Initials());
        int records = 4 * (BatchMark.SizeBytes + RecordHeader.SizeBytes) + 5300;
        Assert.Equal(SegmentHeader.BlockBytes + records, WrittenBytes());
    }

    [Fact]
    public void A_batch_that_ends_with_a_block_leaves_nothing_to_be_written_again()
    {
        using (LogDriver driver = Begin(_storage))
        {
            int record = Block - BatchMark.SizeBytes - RecordHeader.SizeBytes;
            driver.Append(1, new string('a', record));
            Assert.True(driver.Settle());
            driver.Append(1, new string('b', 10));
            Assert.True(driver.Settle());
        }
        Assert.Equal(
            [(0, 1), (1, 1), (2, 1)],
            _storage.Writes.Where(write => write.IsLog).Select(write => (write.Offset / Block, write.Length / Block)));
        Assert.Equal(["a", "b"], Initials());
    }

    [Fact]
    public void What_is_longer_than_the_memory_for_it_goes_piece_by_piece()
    {
        var options = new LogOptions();
        int staging = ((IStorage)_storage).SequentialBytes;
        using (LogDriver driver = Begin(_storage, options))
        {
            for (int i = 0; i < 7; i++)
                driver.Append(1, new string((char)('a' + i), (staging / 2) + 1000));
            Assert.True(driver.Settle());
        }
        Assert.All(_storage.Writes, write => Assert.InRange(write.Length, Block, staging));
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g"], Initials(options));
    }

    [Fact]
    public void A_segment_that_does_not_end_with_a_block_is_written_through_the_cache_to_its_last_byte()
    {
        LogOptions options = LogTestOptions.Small with { SegmentSizeBytes = (4 * Block) + 1000 };
        using (LogDriver driver = Begin(_storage, options))
        {
            for (int i = 0; i < 26; i++)
                driver.Append(1, new string((char)('a' + i), 1900));
            Assert.True(driver.Settle());
        }
        Assert.DoesNotContain(_storage.Writes, write => write.IsLog);
        Assert.Equal(26, Initials(options).Count);
    }

    [Fact]
    public void A_real_disk_gives_back_what_went_past_the_cache()
    {
        using var folder = new TemporaryDirectory();
        var storage = new PosixStorage(folder.Path);
        var payloads = new List<string>();
        using (LogDriver driver = Begin(storage))
        {
            for (int i = 0; i < 60; i++)
            {
                string payload = new((char)('a' + (i % 26)), i * 97 % 3000);
                driver.Append(1, payload);
                payloads.Add($"1:{payload}");
                if (i % 3 == 0)
                    Assert.True(driver.Settle());
            }
            Assert.True(driver.Settle());
            Assert.Equal(payloads, driver.All());
        }
        using var again = new LogDriver(storage);
        Assert.Equal(payloads, again.All());
    }

    private static LogDriver Begin(IStorage storage, LogOptions? options = null)
    {
        var driver = new LogDriver(storage, options);
        driver.Save(1);
        Assert.True(driver.Settle());
        return driver;
    }

    private List<string> Initials(LogOptions? options = null)
    {
        using var driver = new LogDriver(_storage.Inner, options);
        return [.. driver.All().Select(payload => payload[2..3])];
    }

    // Nothing of an older batch stands behind the newest one.
    private int WrittenBytes()
    {
        using IStorageFile segment = _storage.Inner.Open(SegmentHeader.NameOf(1), writable: false);
        byte[] bytes = new byte[segment.Length];
        Assert.Equal(bytes.Length, segment.Read(0, bytes));
        return bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
    }

    /// <summary>Holds whoever opens a file past the cache to what that demands.</summary>
    private sealed class BlockStorage : IStorage
    {
        public MemoryStorage Inner { get; } = new();

        public List<(bool IsLog, long Offset, int Length)> Writes { get; } = [];

        public long FreeBytes => Inner.FreeBytes;

        public string Location => Inner.Location;

        public IReadOnlyList<string> List() => Inner.List();

        public IStorageFile Create(string name) => Inner.Create(name);

        public IStorageFile CreateUncached(string name) => new BlockFile(this, Inner.Create(name), isLog: false);

        public IStorageFile OpenUncached(string name) =>
            new BlockFile(this, Inner.Open(name, writable: true), isLog: true);

        public IStorageFile Open(string name, bool writable) => Inner.Open(name, writable);

        public bool Exists(string name) => Inner.Exists(name);

        public void Rename(string from, string to) => Inner.Rename(from, to);

        public void Delete(string name) => Inner.Delete(name);

        public void SyncDirectory() => Inner.SyncDirectory();
    }

    private sealed class BlockFile(BlockStorage storage, IStorageFile inner, bool isLog) : IStorageFile
    {
        public string Name => inner.Name;

        public long Length => inner.Length;

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            Check.That(offset % Block == 0 && bytes.Length % Block == 0, "whole blocks");
            Check.That(AddressOf(bytes) % Block == 0, "memory that begins with a block");
            storage.Writes.Add((isLog, offset, bytes.Length));
            inner.Write(offset, bytes);
        }

        public int Read(long offset, Span<byte> into) => inner.Read(offset, into);

        public void SetLength(long length) => inner.SetLength(length);

        public void Sync() => inner.Sync();

        public void Dispose() => inner.Dispose();

        // Pinned memory, as all that goes past the cache.
        private static nint AddressOf(ReadOnlySpan<byte> bytes) =>
            Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(bytes));
    }
}
