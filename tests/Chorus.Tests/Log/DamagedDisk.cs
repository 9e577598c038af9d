using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>A log of several segments, twice: one copy is damaged, the other one knows what stood there.</summary>
internal sealed class DamagedDisk : IDisposable
{
    public const int Segments = 3;
    private const int BatchesPerSegment = 4;
    private const int RecordsPerBatch = 3;

    public static readonly LogOpening Opening = new()
    {
        ClusterId = LogTestOptions.Cluster,
        CompleteFrom = new LogIndex(1),
    };

    public DamagedDisk()
    {
        for (int segment = 0; segment < Segments; segment++)
        {
            using var driver = new LogDriver(Storage);
            driver.Save(1);
            for (int batch = 0; batch < BatchesPerSegment; batch++)
            {
                for (int i = 0; i < RecordsPerBatch; i++)
                    driver.Append(1, $"segment {segment} batch {batch} record {i} {new string('x', 90 + 50 * i)}");
                Assert.True(driver.Settle());
            }
        }
        Whole = new LogDriver(Storage.AfterLoss(null));
        Names = [.. Storage.List().Where(name => SegmentHeader.TryParseName(name, out _))];
        Assert.Equal(Segments, Names.Count);
    }

    /// <summary>The directory that gets damaged.</summary>
    public FragileStorage Storage { get; set; } = new();

    /// <summary>What another node has.</summary>
    public LogDriver Whole { get; }

    /// <summary>The segments, the oldest first.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Bytes of a segment that were written.</summary>
    public int Length(string name)
    {
        using IStorageFile file = Storage.Open(name, writable: false);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
    }

    /// <summary>Changes a byte, durably.</summary>
    public void Flip(string name, int at)
    {
        using IStorageFile file = Storage.Open(name, writable: true);
        byte[] one = new byte[1];
        file.Read(at, one);
        one[0] ^= (byte)(1 << at % 8);
        file.Write(at, one);
        file.Sync();
    }

    /// <summary>Loses a file, durably.</summary>
    public void Lose(string name)
    {
        Storage.Delete(name);
        Storage.SyncDirectory();
    }

    /// <summary>Opens the log, or says what is wrong with it.</summary>
    public static LogDriver? TryOpen(FragileStorage storage, out DamagedLog? damaged)
    {
        LogDriver? driver = LogDriver.TryOpen(storage, Opening, out damaged);
        Assert.True(driver is null || damaged is null);
        return driver;
    }

    /// <summary>Opens the log, and fills holes with what the other node has until it can be opened.</summary>
    /// <returns>How many holes were filled.</returns>
    public int Repair(FragileStorage storage, out LogDriver opened)
    {
        for (int filled = 0; ; filled++)
        {
            Assert.True(filled < 20, "a repair ends");
            if (TryOpen(storage, out DamagedLog? damaged) is { } driver)
            {
                opened = driver;
                return filled;
            }
            Assert.True(Fill(damaged!, Whole.Log, fromSegment: false));
        }
    }

    /// <summary>Fills the first hole with the records of a log.</summary>
    public static bool Fill(DamagedLog damaged, RecordLog from, bool fromSegment)
    {
        using HoleFilling filling = damaged.Fill(fromSegment);
        LogIndex next = filling.Last.Index.Next;
        while (next < damaged.Holes[0].Until)
            filling.Add(from.Read(next, damaged.Holes[0].Until, out next));
        return filling.TryFinish();
    }

    public void Dispose() => Whole.Dispose();
}
