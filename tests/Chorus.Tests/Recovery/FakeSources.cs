using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Recovery;

/// <summary>Sources in memory behind a transport, each with its own log and its own faults.</summary>
internal sealed class FakeSources : ITransferClientTransport
{
    private readonly Dictionary<string, FakeSource> _byAddress = [];
    private readonly Queue<(string Address, byte[] Header, byte[] Body)> _arriving = new();
    private (string Address, byte[] Header, byte[] Body) _current;

    public IEnumerable<string> Addresses => _byAddress.Keys;

    public FakeSource Add(string address, FakeLog log)
    {
        var source = new FakeSource(log);
        _byAddress.Add(address, source);
        return source;
    }

    public bool TrySend(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        if (_byAddress.TryGetValue(address, out FakeSource? source)
            && TransferHeader.TryDecode(header, out TransferHeader message))
            source.Receive(message);
        return true;
    }

    public bool TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        address = "";
        header = body = default;
        if (_arriving.Count == 0)
        {
            foreach ((string name, FakeSource source) in _byAddress)
                source.Send((head, records) => _arriving.Enqueue((name, head, records)));
        }
        if (!_arriving.TryDequeue(out _current))
            return false;
        address = _current.Address;
        header = _current.Header;
        body = _current.Body;
        return true;
    }

    public void Disconnect(string address)
    {
        if (_byAddress.TryGetValue(address, out FakeSource? source))
            source.Forget();
    }
}

/// <summary>A log in memory.</summary>
internal sealed class FakeLog
{
    private readonly List<byte[]> _records = [];
    private ulong _chain;

    public Guid ClusterId { get; init; } = new("6f1e7a0c-93f4-4b41-8a4e-2f0c5d1b7e33");

    public LogIndex Last => new((ulong)_records.Count);

    public LogIndex Until => Last.Next;

    public byte[] Record(LogIndex index) => _records[(int)index.Value - 1];

    public RecordHeader HeaderAt(LogIndex index) => RecordCodec.Header(Record(index));

    public ulong ChainAt(LogIndex index) => index == LogIndex.Zero ? 0 : HeaderAt(index).Chain;

    public void Append(ReadOnlySpan<byte> payload, RecordKind kind = RecordKind.Command, ulong term = 1)
    {
        byte[] record = new byte[RecordHeader.SizeBytes + payload.Length];
        _chain = RecordCodec.Encode(record, Until, new Term(term), _chain, (long)Until.Value, kind, payload);
        _records.Add(record);
    }

    /// <summary>Payloads of different lengths, all different.</summary>
    public static FakeLog Of(int records, int differentFrom = int.MaxValue)
    {
        var log = new FakeLog();
        for (int i = 0; i < records; i++)
        {
            byte[] payload = new byte[8 + i % 57];
            BitConverter.TryWriteBytes(payload, (long)i);
            if (i >= differentFrom)
                payload[^1] = 0xEE;
            log.Append(payload);
        }
        return log;
    }
}
