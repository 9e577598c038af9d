using System.Diagnostics;
using System.Globalization;
using Chorus.Bench.Recorder;
using Chorus.Common.Feed;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;
using Microsoft.Extensions.Logging.Abstractions;

// RecorderBench FOLDER [MEGABYTES [REPEATS]]: a recorder fed from memory, and in turn a plain write of the same bytes
// with the same number of fdatasyncs. Prints a table as markdown.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string folder = args.Length > 0 ? args[0] : throw new ArgumentException("name a folder on the disk to be measured");
long bytes = (args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : 512) << 20;
int repeats = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 5;
var cluster = new Guid("00112233-4455-6677-8899-aabbccddeeff");
Console.WriteLine("| payload B | recorder MB/s | records/s | fdatasyncs | plain write MB/s | share | n |");
Console.WriteLine("|--:|--:|--:|--:|--:|--:|--:|");
foreach (int payload in (int[])[128, 1024, 4096])
{
    var feed = new MemoryFeed(cluster, payload, FeedPublisher.BatchBytesMax, bytes);
    List<double> recorded = [], plain = [];
    long syncs = 0;
    for (int i = 0; i < repeats; i++)
    {
        recorded.Add(Record(feed, out syncs));
        plain.Add(Write(feed, syncs));
    }
    double perSecond = Median(recorded) * 1e6 / (RecordHeader.SizeBytes + payload);
    Console.WriteLine(
        $"| {payload:N0} | {Spread(recorded, "N0")} | {perSecond:N0} | {syncs:N0} | {Spread(plain, "N0")} "
        + $"| {Spread([.. recorded.Zip(plain, (r, p) => r / p)], "0.00")} | {repeats} |");
}

double Record(MemoryFeed feed, out long syncs)
{
    Clean();
    var clock = new SystemClock();
    using var wake = new AutoResetEvent(false);
    using var disk = new DiskThread("disk", () => wake.Set());
    var options = new LogOptions { FilledBatchBytesMax = 0 };
    using RecordLog log = RecordLog.Open(new PosixStorage(folder), disk, options, cluster);
    using DiskThread ending = disk;
    feed.Rewind();
    feed.HasRoom = log.HasRoom;
    var recorder = new Recorder(
        new RecorderOptions
        {
            Id = new NodeId("log0"),
            Incarnation = 1,
            Follow = new LogFollowerOptions { ClusterId = cluster, Name = "log0" },
            Members = [new Member(new NodeId("node0"), 1, MemberKind.Voter, "127.0.0.1:12000", "127.0.0.1:11000")],
        },
        log, cluster, new RecorderPorts { Inlet = feed, Transfer = feed, View = new LogView(), Clock = clock },
        NullLogger.Instance);
    long start = 0;
    while (recorder.DurableIndex < feed.Last)
    {
        recorder.DoWork();
        if (start == 0 && log.LastIndex > LogIndex.Zero)
            start = Stopwatch.GetTimestamp();
        long left = recorder.NextWorkMicros - clock.MonotonicMicros;
        if (left > 0)
            wake.WaitOne(TimeSpan.FromMicroseconds(left));
    }
    syncs = recorder.DiskBatches;
    return feed.Bytes / Stopwatch.GetElapsedTime(start).TotalMicroseconds;
}

double Write(MemoryFeed feed, long syncs)
{
    Clean();
    var storage = new PosixStorage(folder);
    byte[] block = new byte[(int)(feed.Bytes / syncs)];
    new Random(2).NextBytes(block);
    using IStorageFile file = storage.Create("plain");
    long start = Stopwatch.GetTimestamp();
    for (long i = 0; i < syncs; i++)
    {
        file.Write(i * block.Length, block);
        file.Sync();
    }
    return block.Length * syncs / Stopwatch.GetElapsedTime(start).TotalMicroseconds;
}

void Clean()
{
    Directory.CreateDirectory(folder);
    foreach (string path in Directory.EnumerateFiles(folder).Where(path => IsOurs(Path.GetFileName(path))))
        File.Delete(path);
}

static bool IsOurs(string name) => name is "plain" || name.StartsWith("segment-", StringComparison.Ordinal)
    || name.StartsWith("hard-state", StringComparison.Ordinal);

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

static string Spread(List<double> values, string format)
{
    string[] texts =
    [
        .. new[] { Median(values), values.Min(), values.Max() }
            .Select(value => value.ToString(format, CultureInfo.InvariantCulture)),
    ];
    return $"{texts[0]} [{texts[1]}–{texts[2]}]";
}
