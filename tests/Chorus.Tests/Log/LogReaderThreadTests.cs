using System.Globalization;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

public sealed class LogReaderThreadTests
{
    private const int Records = 6000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reader_on_another_thread_sees_what_is_committed_while_the_writer_goes_on(bool inMemory)
    {
        using var directory = new TemporaryDirectory();
        IStorage storage = inMemory ? new MemoryStorage() : new PosixStorage(directory.Path);
        var view = new LogView();
        Exception? failure = null;
        ulong read = 0;
        var thread = new Thread(() =>
        {
            try
            {
                Follow(storage, view, ref read);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                failure = error;
            }
        })
        { IsBackground = true };
        thread.Start();
        using var driver = new LogDriver(storage);
        Write(driver, view);
        Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "the reader did not come to the end");
        Assert.Null(failure);
        Assert.Equal((ulong)Records, read);
    }

    /// <summary>Appends, commits, and now and then replaces a tail that was durable but never committed.</summary>
    private static void Write(LogDriver driver, LogView view)
    {
        var random = new Random(11);
        ulong term = 1, commit = 0;
        while (commit < Records)
        {
            ulong last = Math.Min(Records, driver.Log.LastIndex.Value + (ulong)random.Next(1, 40));
            while (driver.Log.LastIndex.Value < last)
                driver.Append(term, Payload(term, driver.Log.LastIndex.Value + 1));
            Assert.True(driver.Settle());
            if (random.Next(10) == 0 && last > commit + 1)
            {
                driver.Save(++term);
                driver.Log.Truncate(new LogIndex(commit + 1 + (ulong)random.Next((int)(last - commit))));
                continue;
            }
            commit = last == Records ? last : last - (ulong)random.Next((int)(last - commit));
            view.Show(driver.Log.ExtentUpTo(new LogIndex(commit)));
        }
    }

    private static void Follow(IStorage storage, LogView view, ref ulong read)
    {
        using var reader = new LogReader(storage);
        ulong chain = 0;
        DateTime deadline = DateTime.UtcNow.AddSeconds(60);
        while (read < Records && DateTime.UtcNow < deadline)
        {
            if (view.Extent is not { } extent || extent.Limit.Index.Value <= read)
            {
                Thread.Yield();
                continue;
            }
            ReadOnlySpan<byte> bytes = reader.Read(
                extent, new LogIndex(read + 1), extent.Limit.Index.Next, 2000, out LogIndex until);
            while (bytes.Length > 0)
            {
                ReadOnlySpan<byte> record = bytes[..(int)RecordCodec.Length(bytes)];
                RecordHeader header = RecordCodec.Header(record);
                Assert.Equal(++read, header.Index.Value);
                Assert.Equal(chain = RecordCodec.Chain(chain, record), header.Chain);
                Assert.True(record[RecordHeader.SizeBytes..].SequenceEqual(
                    System.Text.Encoding.UTF8.GetBytes(Payload(header.Term.Value, read))));
                bytes = bytes[record.Length..];
            }
            Assert.Equal(read, until.Previous.Value);
        }
    }

    private static string Payload(ulong term, ulong index) => string.Create(
        CultureInfo.InvariantCulture, $"{term}/{index} {new string('x', (int)(index * 7 % 300))}");
}
