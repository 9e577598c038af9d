using Chorus.Common.Log;

namespace Chorus.Tests.Log;

/// <summary>What of the log stays in the system's cache.</summary>
public sealed class CachedTrailTests
{
    private const long Step = 2 << 20;
    private const long Kept = 5 * Step;

    private readonly RecordingStorage _storage = new();

    [Fact]
    public void Nothing_goes_while_little_was_written()
    {
        var trail = new CachedTrail(_storage, Kept);
        trail.Note("1", Kept);
        trail.Note("1", Kept + Step - 1);
        Assert.Empty(_storage.Released);
    }

    [Fact]
    public void The_oldest_goes_first_file_by_file_and_the_newest_bytes_stay()
    {
        var trail = new CachedTrail(_storage, Kept);
        long total = 0;
        for (int file = 0; file < 4; file++)
        {
            // No file is a multiple of what goes at once.
            for (long end = 100_000; end <= 40 * 100_000 * (file + 1); end += 100_000)
            {
                trail.Note($"{file}", end);
                total += 100_000;
                Assert.InRange(total - _storage.ReleasedBytes, 0, Kept + Step);
            }
        }
        Assert.InRange(total - _storage.ReleasedBytes, Kept, Kept + Step);
        var next = new Dictionary<string, long>();
        foreach ((string name, long offset, long length) in _storage.Released)
        {
            Assert.Equal(next.GetValueOrDefault(name), offset);
            next[name] = offset + length;
        }
        Assert.Equal(["0", "1", "2"], _storage.Released.Select(part => part.Name).Distinct().Take(3));
        Assert.Equal(4_000_000, next["0"]);
    }

    [Fact]
    public void A_log_lets_go_of_what_is_older_than_its_newest_bytes()
    {
        const int Bytes = 6000;
        using var driver = new LogDriver(
            _storage, LogTestOptions.Small with { SegmentSizeBytes = 3 * Step, SystemCacheBytes = Step });
        long written = 0;
        for (int i = 0; i < 3000; i++)
        {
            driver.Append(1, new string('x', Bytes));
            written += Bytes;
            if (i % 10 == 9)
            {
                Assert.True(driver.Settle());
                // Marks, headers and what is only step by step let go of.
                Assert.InRange(written - _storage.ReleasedBytes, -200_000, 2 * Step + 200_000);
            }
        }
        Assert.Equal(3000, driver.All().Count);
    }

    [Fact]
    public void A_hint_does_no_harm()
    {
        using var folder = new TemporaryDirectory();
        var storage = new PosixStorage(folder.Path);
        byte[] bytes = new byte[3 * Step];
        Random.Shared.NextBytes(bytes);
        using (IStorageFile file = storage.Create("a"))
        {
            file.Write(0, bytes);
            // A part of it is not on the disk yet.
            storage.ReleaseCache("a", 0, Step);
            file.Sync();
            file.Write(Step, bytes.AsSpan((int)Step, 10));
            storage.ReleaseCache("a", 0, bytes.Length + Step);
        }
        storage.ReleaseCache("is not there", 0, Step);
        using IStorageFile again = storage.Open("a", writable: false);
        byte[] read = new byte[bytes.Length];
        Assert.Equal(read.Length, again.Read(0, read));
        Assert.Equal(bytes, read);
    }

    private sealed class RecordingStorage : IStorage
    {
        private readonly MemoryStorage _inner = new();

        public List<(string Name, long Offset, long Length)> Released { get; } = [];

        public long ReleasedBytes => Released.Sum(part => part.Length);

        public long FreeBytes => _inner.FreeBytes;

        public string Location => _inner.Location;

        public IReadOnlyList<string> List() => _inner.List();

        public IStorageFile Create(string name) => _inner.Create(name);

        public IStorageFile Open(string name, bool writable) => _inner.Open(name, writable);

        public bool Exists(string name) => _inner.Exists(name);

        public void Rename(string from, string to) => _inner.Rename(from, to);

        public void Delete(string name) => _inner.Delete(name);

        public void SyncDirectory() => _inner.SyncDirectory();

        public void ReleaseCache(string name, long offset, long length) => Released.Add((name, offset, length));
    }
}
