using System.Buffers;
using System.Text;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.Transfer;

/// <summary>A log in memory, and a service of it.</summary>
internal sealed class TestSource : IClock, IDisposable
{
    private readonly LogDriver _driver;

    public TestSource(
        ITransferServerTransport transport, string id = "a", TransferServerOptions? options = null,
        IImageSource? image = null)
    {
        _driver = new LogDriver(Storage);
        Source = new TransferSource
        {
            Id = id,
            View = new LogView(),
            Storage = Storage,
            Reports = new ObserverReports(),
            Snapshots = new SnapshotView(),
            Image = image,
        };
        Server = new TransferServer(Source, transport, this, options);
    }

    public MemoryStorage Storage { get; } = new();

    public TransferSource Source { get; }

    public TransferServer Server { get; }

    public long MonotonicMicros { get; set; } = 1_000_000;

    public long UnixMicros => MonotonicMicros;

    public LogIndex Last => _driver.Log.LastIndex;

    public LogView View => Source.View;

    /// <summary>Appends commands and shows them.</summary>
    public void Append(int count, int bytes = 100)
    {
        for (int i = 0; i < count; i++)
        {
            string value = $"value {Last.Value + 1}";
            _driver.Append(1 + Last.Value / 10, value.PadRight(bytes));
        }
        Show();
    }

    /// <summary>Appends a command of a key-value state machine.</summary>
    public void Command(KvCommand.Types.Operation operation, string key, string value = "")
    {
        var output = new ArrayBufferWriter<byte>();
        KvCommandView.Write(output, operation, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        _driver.Log.Append(new Term(1), RecordKind.Command, 1000, output.WrittenSpan);
    }

    /// <summary>Appends an increment, in a session or not.</summary>
    public void Increment(string key, long delta, bool inSession)
    {
        var output = new ArrayBufferWriter<byte>();
        if (inSession)
        {
            new SessionEnvelope(1, 1, 1).Encode(output.GetSpan(SessionEnvelope.SizeBytes));
            output.Advance(SessionEnvelope.SizeBytes);
        }
        KvCommandView.WriteIncrement(output, Encoding.UTF8.GetBytes(key), delta);
        RecordKind kind = inSession ? RecordKind.SessionCommand : RecordKind.Command;
        _driver.Log.Append(new Term(1), kind, 1000, output.WrittenSpan);
    }

    public void Other(RecordKind kind) => _driver.Log.Append(new Term(1), kind, 1000, [7]);

    /// <summary>Makes durable what was appended, and shows it.</summary>
    public void Show(ulong first = 1, ulong? limit = null)
    {
        Assert.True(_driver.Settle());
        var places = new List<SegmentPlace>();
        foreach (string name in Storage.List())
        {
            if (!SegmentHeader.TryParseName(name, out ulong sequence))
                continue;
            using IStorageFile file = Storage.Open(name, writable: false);
            byte[] block = new byte[SegmentHeader.BlockBytes];
            file.Read(0, block);
            Assert.Null(SegmentHeader.Decode(block, out SegmentHeader header, out _));
            places.Add(new SegmentPlace(sequence, header.First));
        }
        var last = new LogIndex(limit ?? Last.Value);
        while (places.Count > 1 && places[1].First <= first)
            places.RemoveAt(0);
        View.Show(new LogExtent(
            LogTestOptions.Cluster, new LogIndex(first), _driver.Log.HeaderAt(last), places));
    }

    /// <summary>The bytes of a range.</summary>
    public byte[] Range(ulong from, ulong until)
    {
        using var reader = new LogReader(Storage);
        var bytes = new List<byte>();
        for (var next = new LogIndex(from); next.Value < until;)
            bytes.AddRange(reader.Read(View.Extent!, next, new LogIndex(until), 5000, out next));
        return [.. bytes];
    }

    public RecordHeader HeaderAt(ulong index) => index == 0 ? default : _driver.Log.HeaderAt(new LogIndex(index));

    public void Dispose()
    {
        Server.Dispose();
        _driver.Dispose();
    }
}
