using Chorus.Common.Hosting;
using Chorus.Common.Messaging;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Transfer;

/// <summary>Real sockets, a real thread, and receivers that mean harm or are careless.</summary>
public sealed class HostileReceiverTests : IDisposable
{
    private const ulong ForEver = ulong.MaxValue;
    private const int Records = 20_000;

    private readonly ZmqContext _context = new();
    private readonly SystemClock _clock = new();
    private readonly ZmqTransferServer _socket;
    private readonly TestSource _source;
    private readonly TransferServer _server;
    private readonly TransferThread _thread;
    private readonly ZmqTransferClient _client;

    public HostileReceiverTests()
    {
        _socket = new ZmqTransferServer(_context, new Endpoint(Endpoint.Loopback, 0));
        _source = new TestSource(_socket, id: "unused");
        _source.Append(Records, 1000);
        _server = new TransferServer(_source.Source, _socket, _clock);
        _thread = new TransferThread([new TransferService(_server, _socket)], _clock, NullLogger.Instance);
        _client = new ZmqTransferClient(_context);
    }

    public void Dispose()
    {
        _client.Dispose();
        _thread.Dispose();
        _source.Dispose();
        _context.Dispose();
    }

    private string Address => _socket.LocalEndpoint.ToString();

    [Fact]
    public void Garbage_on_the_socket_disturbs_nobody()
    {
        using DealerSocket stranger = Stranger();
        Random random = new(1);
        byte[] noise = new byte[200];
        for (int i = 0; i < 5_000; i++)
        {
            random.NextBytes(noise);
            if (i % 2 == 0)
                noise[0] = TransferHeader.Version;
            int length = i % 3 == 0 ? TransferHeader.SizeBytes : random.Next(noise.Length);
            stranger.TrySendFrame(noise.AsSpan(0, length), more: i % 7 == 0);
        }
        stranger.TrySendFrame(default);
        AssertServed();
    }

    [Fact]
    public void Ten_thousand_requests_get_as_many_streams_as_one_may_have_and_others_are_served()
    {
        using DealerSocket greedy = Stranger();
        for (ulong i = 1; i <= 10_000; i++)
            Send(greedy, new TransferHeader
            {
                Type = TransferMessageType.Open,
                Content = TransferContent.Log,
                Stream = i,
                First = new LogIndex(i),
                Until = new LogIndex(ForEver),
                Count = 1000,
            });
        AssertServed();
        Waiting.Until(() => _server.RefusedTotal > 0, "a refusal");
        Assert.InRange(_server.StreamCount, 0, new TransferServerOptions().StreamsPerConnectionMax);
    }

    [Fact]
    public void A_receiver_that_gives_credit_without_end_and_never_reads_takes_bounded_memory()
    {
        using DealerSocket greedy = new(_context);
        greedy.Options.ReceiveHighWatermark = 1;
        greedy.Connect(_socket.LocalEndpoint);
        long before = _server.SentBytesTotal;
        for (ulong i = 1; i <= 8; i++)
            Send(greedy, new TransferHeader
            {
                Type = TransferMessageType.Open,
                Content = TransferContent.Log,
                Stream = i,
                First = new LogIndex(1),
                Count = int.MaxValue,
                Credit = uint.MaxValue,
            });
        for (int i = 0; i < 1000; i++)
            Send(greedy, new TransferHeader { Type = TransferMessageType.Credit, Stream = 1, Credit = uint.MaxValue });
        AssertServed();
        long limit = ZmqTransferServer.DefaultLimits.SendQueueFrames * (1L << 20);
        Assert.InRange(_server.SentBytesTotal - before - _source.Range(1, Records + 1).LongLength, 0, limit);
    }

    [Fact]
    public void A_receiver_that_never_gives_credit_costs_a_stream_and_nothing_else()
    {
        using DealerSocket mean = Stranger();
        for (ulong i = 1; i <= 8; i++)
            Send(mean, new TransferHeader
            {
                Type = TransferMessageType.Open,
                Content = (TransferContent)(1 + i % 2),
                Stream = i,
                First = new LogIndex(i),
            });
        Waiting.Until(() => _server.StreamCount == 8, "the streams");
        Assert.Equal(0, _server.SentBytesTotal);
        AssertServed();
    }

    [Fact]
    public void A_receiver_that_goes_away_in_the_middle_is_forgotten()
    {
        using (DealerSocket leaver = Stranger())
        {
            Send(leaver, new TransferHeader
            {
                Type = TransferMessageType.Open,
                Content = TransferContent.Log,
                Stream = 1,
                First = new LogIndex(1),
                Until = new LogIndex(ForEver),
                Credit = 5,
                Count = 1000,
            });
            Waiting.Until(() => _server.SentBytesTotal > 0, "the first chunk");
        }
        AssertServed();
        Waiting.Until(() => _server.StreamCount == 0, "the end of the stream");
    }

    [Fact]
    public void A_source_that_dies_in_the_middle_is_replaced_by_another_with_the_same_bytes()
    {
        using ZmqTransferServer otherSocket = new(_context, new Endpoint(Endpoint.Loopback, 0));
        using var other = new TestSource(otherSocket, id: "unused");
        other.Append(Records, 1000);
        var otherServer = new TransferServer(other.Source, otherSocket, _clock);
        using var otherThread = new TransferThread(
            [new TransferService(otherServer, otherSocket)], _clock, NullLogger.Instance);
        var stream = new LogStream(
            _client, 0, new TransferStreamOptions { ChunkBytes = 5_000, WindowChunks = 4, SilenceMicros = 300_000 });
        stream.Open(Address, LogTestOptions.Cluster, default, LogIndex.Zero, _clock.MonotonicMicros);
        var got = new List<byte>();
        bool isKilled = false;
        Fetch(stream, got, () =>
        {
            if (isKilled || stream.Last.Index.Value < 100)
                return;
            isKilled = true;
            _thread.Dispose();
        });
        Assert.Equal(TransferStreamState.Silent, stream.State);
        ulong reached = stream.Last.Index.Value;
        Assert.InRange(reached, 100ul, Records - 1ul);
        stream.Open(
            otherSocket.LocalEndpoint.ToString(), stream.ClusterId, stream.Last, LogIndex.Zero,
            _clock.MonotonicMicros);
        Fetch(stream, got, () => { });
        Assert.Equal((TransferStreamState.Complete, ""), (stream.State, stream.Reason));
        Assert.True(got.ToArray().AsSpan().SequenceEqual(other.Range(1, Records + 1)));
    }

    private void AssertServed()
    {
        var stream = new LogStream(_client);
        var got = new List<byte>();
        stream.Open(Address, LogTestOptions.Cluster, default, LogIndex.Zero, _clock.MonotonicMicros);
        Fetch(stream, got, () => { });
        Assert.Equal((TransferStreamState.Complete, ""), (stream.State, stream.Reason));
        Assert.Equal(Records, (int)stream.Last.Index.Value);
    }

    private void Fetch(LogStream stream, List<byte> got, Action between) => Waiting.Until(
        () =>
        {
            long now = _clock.MonotonicMicros;
            while (_client.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
            {
                if (!stream.TryAccept(address, header, body, now, out ReadOnlySpan<byte> records) || records.IsEmpty)
                    continue;
                got.AddRange(records);
                stream.Release(now);
                between();
            }
            stream.Poll(now);
            return stream.State != TransferStreamState.Open;
        },
        "the end of the stream");

    private DealerSocket Stranger()
    {
        DealerSocket stranger = new(_context);
        stranger.Connect(_socket.LocalEndpoint);
        return stranger;
    }

    private static void Send(DealerSocket from, in TransferHeader header)
    {
        byte[] frame = new byte[TransferHeader.SizeBytes];
        header.Encode(frame);
        from.SendFrame(frame);
    }
}
