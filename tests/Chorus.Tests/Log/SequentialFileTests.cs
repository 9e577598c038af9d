using Chorus.Common.Log;

namespace Chorus.Tests.Log;

/// <summary>Long files that are written, and read, from their beginning to their end.</summary>
public sealed class SequentialFileTests : IDisposable
{
    private const int Block = IStorage.UncachedBlockBytes;
    private const int Staging = 256 << 10;

    private readonly TemporaryDirectory _folder = new();
    private readonly PosixStorage _posix;

    public SequentialFileTests() => _posix = new PosixStorage(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Block - 1)]
    [InlineData(Block)]
    [InlineData(Block + 1)]
    [InlineData(Staging - 1)]
    [InlineData(Staging)]
    [InlineData(Staging + 1)]
    [InlineData(3 * Staging + 12_345)]
    public void What_was_added_is_in_the_file_and_nothing_else(int length)
    {
        byte[] bytes = Bytes(length);
        foreach (IStorage storage in (IStorage[])[_posix, new MemoryStorage()])
        {
            using (var file = new SequentialFile(storage, "a"))
            {
                for (int at = 0, part = 1; at < length; at += part, part = Math.Min(2 * part + 1, 700_000))
                {
                    file.Add(bytes.AsSpan(at, Math.Min(part, length - at)));
                    Assert.Equal(0, file.WrittenBytes % Block);
                    Assert.InRange(file.Length - file.WrittenBytes, 0, Staging);
                }
                file.Finish();
                Assert.Equal((length, length), (file.Length, file.WrittenBytes));
            }
            Assert.Equal(bytes, All(storage, "a"));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(Staging)]
    [InlineData(2 * Staging + 5)]
    public void A_file_is_read_ahead_from_its_beginning_to_its_end(int piece)
    {
        byte[] bytes = Bytes(piece == 1 ? 5_000 : 4 * Staging + 777);
        Write("a", bytes);
        using IStorageFile file = _posix.OpenSequential("a");
        Assert.Equal(("a", bytes.Length), (file.Name, file.Length));
        byte[] into = new byte[piece];
        for (int at = 0; at < bytes.Length; at += piece)
        {
            int there = Math.Min(piece, bytes.Length - at);
            Assert.Equal(there, file.Read(at, into));
            Assert.Equal(bytes.AsSpan(at, there), into.AsSpan(0, there));
        }
        Assert.Equal(0, file.Read(bytes.Length, into));
    }

    [Fact]
    public void Reads_at_other_places_are_right_too()
    {
        byte[] bytes = Bytes(5 * Staging + 99);
        Write("a", bytes);
        using IStorageFile file = _posix.OpenSequential("a");
        var random = new Random(7);
        byte[] into = new byte[300_000];
        for (int i = 0; i < 200; i++)
        {
            int at = random.Next(bytes.Length);
            int there = Math.Min(into.Length, bytes.Length - at);
            Assert.Equal(there, file.Read(at, into));
            Assert.Equal(bytes.AsSpan(at, there), into.AsSpan(0, there));
        }
    }

    [Fact]
    public void A_cold_file_is_read_anywhere_and_shows_what_is_in_it_then()
    {
        byte[] bytes = Bytes((2 << 20) + 99);
        Write("a", bytes);
        using IStorageFile file = _posix.OpenCold("a");
        using IStorageFile writing = _posix.Open("a", writable: true);
        var random = new Random(8);
        byte[] into = new byte[(1 << 20) + 5_000];
        for (int i = 0; i < 200; i++)
        {
            int at = random.Next(bytes.Length);
            int wanted = i % 2 == 0 ? into.Length : random.Next(1, 100);
            int there = Math.Min(wanted, bytes.Length - at);
            Assert.Equal(there, file.Read(at, into.AsSpan(0, wanted)));
            Assert.Equal(bytes.AsSpan(at, there), into.AsSpan(0, there));
            bytes[at] ^= 1;
            writing.Write(at, bytes.AsSpan(at, 1));
        }
        Assert.Equal(0, file.Read(bytes.Length, into));
        Assert.Equal(("a", bytes.Length), (file.Name, file.Length));
    }

    [Fact]
    public void A_file_that_grows_is_read_as_far_as_it_is_written()
    {
        byte[] bytes = Bytes(6 * Staging + 4_321);
        using var growing = new SequentialFile(_posix, "a");
        using IStorageFile file = _posix.OpenSequential("a");
        int read = 0;
        byte[] into = new byte[250_000];
        for (int at = 0; at < bytes.Length; at += 300_000)
        {
            growing.Add(bytes.AsSpan(at, Math.Min(300_000, bytes.Length - at)));
            ReadOn(growing.WrittenBytes);
        }
        growing.Finish();
        ReadOn(growing.WrittenBytes);
        Assert.Equal(bytes.Length, read);

        void ReadOn(long until)
        {
            while (read < until)
            {
                int wanted = (int)Math.Min(into.Length, until - read);
                Assert.Equal(wanted, file.Read(read, into.AsSpan(0, wanted)));
                Assert.Equal(bytes.AsSpan(read, wanted), into.AsSpan(0, wanted));
                read += wanted;
            }
        }
    }

    [Fact]
    public void A_file_that_is_read_ahead_goes_on_under_another_name_and_after_its_removal()
    {
        byte[] bytes = Bytes(3 * Staging);
        Write("a", bytes);
        using IStorageFile file = _posix.OpenSequential("a");
        byte[] into = new byte[Staging];
        file.Read(0, into);
        _posix.Rename("a", "b");
        file.Read(Staging, into);
        _posix.Delete("b");
        Assert.Equal(Staging, file.Read(2 * Staging, into));
        Assert.Equal(bytes[(2 * Staging)..], into);
        Assert.Throws<FileNotFoundException>(() => _posix.OpenSequential("a"));
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static byte[] All(IStorage storage, string name)
    {
        using IStorageFile file = storage.Open(name, writable: false);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(0, bytes));
        return bytes;
    }

    private void Write(string name, byte[] bytes)
    {
        using var file = new SequentialFile(_posix, name);
        file.Add(bytes);
        file.Finish();
    }
}
