using System.Text;
using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Transfer;

public sealed class LogStreamTests
{
    private const string Source = "127.0.0.1:14000";
    private const long Second = 1_000_000;

    private static readonly Guid Cluster = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly TransferStreamOptions Options = new() { WindowChunks = 4, ChunkBytes = 1000 };

    private readonly FakeTransferTransport _transport = new();
    private readonly TestRecords _log = new(30);
    private readonly LogStream _stream;
    private readonly List<byte> _got = [];
    private long _now = Second;

    public LogStreamTests() => _stream = new LogStream(_transport, 3, Options);

    [Fact]
    public void A_range_is_asked_for_received_and_complete()
    {
        Open(4, 21);
        TransferHeader asked = Assert.Single(_transport.Sent).Header;
        Assert.Equal(TransferMessageType.Open, asked.Type);
        Assert.Equal(new LogIndex(5), asked.First);
        Assert.Equal(new LogIndex(21), asked.Until);
        Assert.Equal(_log.HeaderAt(4).Chain, asked.Chain);
        Assert.True(asked.IsChainKnown);
        Assert.Equal(4u, asked.Credit);
        Assert.Equal(1000u, asked.Count);
        Assert.True(Chunk(5, 11));
        Assert.True(Chunk(11, 21));
        Assert.Equal(_log.HeaderAt(20), _stream.Last);
        Assert.True(End(21));
        Assert.Equal(TransferStreamState.Complete, _stream.State);
        Assert.Equal(_log.Range(5, 21), _got);
        Assert.Equal(new LogIndex(30), _stream.Limit);
        Assert.Equal("", _stream.Reason);
    }

    [Fact]
    public void A_stream_that_ended_early_goes_on_at_another_source_where_it_was()
    {
        Open(0, 0);
        Assert.Equal(new LogIndex(1), _transport.LastSent.First);
        Assert.True(Chunk(1, 8));
        ulong before = _transport.LastSent.Stream;
        _now += 3 * Second;
        _stream.Poll(_now);
        Assert.Equal(TransferStreamState.Silent, _stream.State);
        Assert.Contains(Source, _stream.Reason);

        _stream.Open("b:1", Cluster, _stream.Last, LogIndex.Zero, _now);
        Assert.Equal(("b:1", new LogIndex(8)), (_transport.Sent[^1].Address, _transport.LastSent.First));
        Assert.NotEqual(before, _transport.LastSent.Stream);
        Assert.False(Chunk(8, 9));
        Assert.Equal(7, Count());
        Assert.True(Take("b:1", ChunkHeader(8, 12), _log.Range(8, 12)));
        Assert.Equal(11, Count());
    }

    [Fact]
    public void A_range_in_the_middle_takes_the_chain_before_it_from_the_source_and_says_so()
    {
        _stream.OpenAt(Source, Guid.Empty, new LogIndex(7), new LogIndex(9), _now);
        Assert.False(_transport.LastSent.IsChainKnown);
        Assert.True(Chunk(7, 8));
        Assert.Equal(_log.HeaderAt(6).Chain, _stream.ChainBefore);
        Assert.Equal(Cluster, _stream.ClusterId);
        Assert.True(Chunk(8, 9));
        Assert.True(End(9));
        Assert.Equal(TransferStreamState.Complete, _stream.State);
    }

    [Fact]
    public void Credit_is_given_back_as_the_caller_consumes_and_at_most_a_window_is_held_back()
    {
        Open(0, 0);
        for (ulong i = 1; i <= 4; i++)
            Assert.True(Chunk(i, i + 1));
        _now += 5 * Second;
        _stream.Poll(_now);
        Assert.Equal(TransferStreamState.Open, _stream.State);
        _transport.IsConnected = false;
        _stream.Release(_now);
        _stream.Release(_now);
        Assert.Equal(TransferMessageType.Open, _transport.LastSent.Type);
        _transport.IsConnected = true;
        _now = _stream.NextWorkMicros;
        _stream.Poll(_now);
        Assert.Equal((TransferMessageType.Credit, 2u), (_transport.LastSent.Type, _transport.LastSent.Credit));
        Assert.True(Chunk(5, 6));
        Assert.True(Chunk(6, 7));
        Assert.True(Chunk(7, 8));
        AssertUntrue("more than it was asked for");
    }

    [Fact]
    public void A_source_that_could_send_and_does_not_is_silent()
    {
        Open(0, ulong.MaxValue);
        Assert.Equal(_now + 2 * Second, _stream.NextWorkMicros);
        _now += 2 * Second - 1;
        Assert.True(Idle(1));
        _now += 2 * Second - 1;
        _stream.Poll(_now);
        Assert.Equal(TransferStreamState.Open, _stream.State);
        _stream.Poll(++_now);
        Assert.Equal(TransferStreamState.Silent, _stream.State);
        Assert.Equal(TransferMessageType.Close, _transport.LastSent.Type);
        Assert.Equal(long.MaxValue, _stream.NextWorkMicros);
    }

    [Fact]
    public void What_does_not_come_in_time_is_asked_for_in_smaller_chunks()
    {
        var stream = new LogStream(_transport);
        foreach (uint bytes in (uint[])[256 << 10, 64 << 10, 16 << 10, 16 << 10])
        {
            stream.Open(Source, Cluster, default, LogIndex.Zero, _now);
            Assert.Equal(bytes, _transport.LastSent.Count);
            _now += 2 * Second;
            stream.Poll(_now);
            Assert.Equal(TransferStreamState.Silent, stream.State);
        }
        foreach (uint bytes in (uint[])[16 << 10, 64 << 10, 256 << 10, 256 << 10])
        {
            stream.Open(Source, Cluster, default, LogIndex.Zero, _now);
            Assert.Equal(bytes, _transport.LastSent.Count);
            byte[] end = new byte[TransferHeader.SizeBytes];
            EndHeader(1).Encode(end);
            Assert.True(stream.TryAccept(Source, end, default, _now, out _));
            Assert.Equal(TransferStreamState.Complete, stream.State);
        }
    }

    [Fact]
    public void A_source_that_cannot_be_reached_is_tried_again_and_then_silent()
    {
        _transport.IsConnected = false;
        Open(0, 0);
        Assert.Equal(_now + Options.RetryMicros, _stream.NextWorkMicros);
        _now = _stream.NextWorkMicros;
        _stream.Poll(_now);
        _transport.IsConnected = true;
        _stream.Poll(_now);
        Assert.Empty(_transport.Sent);
        _now = _stream.NextWorkMicros;
        _stream.Poll(_now);
        Assert.Equal(TransferMessageType.Open, _transport.LastSent.Type);
        _now += 2 * Second;
        _stream.Poll(_now);
        Assert.Equal(TransferStreamState.Silent, _stream.State);
    }

    [Fact]
    public void The_source_hears_now_and_then_that_the_stream_is_still_wanted()
    {
        Open(0, ulong.MaxValue);
        for (ulong i = 1; i <= 4; i++)
            Assert.True(Chunk(i, i + 1));
        Assert.Equal(_now + 10 * Second, _stream.NextWorkMicros);
        _now += 10 * Second;
        _transport.IsConnected = false;
        _stream.Poll(_now);
        Assert.Equal(_now + Options.RetryMicros, _stream.NextWorkMicros);
        _now = _stream.NextWorkMicros;
        _transport.IsConnected = true;
        _stream.Poll(_now);
        Assert.Equal((TransferMessageType.Credit, 0u), (_transport.LastSent.Type, _transport.LastSent.Credit));
    }

    [Fact]
    public void A_refusal_says_why_and_what_is_kept()
    {
        Open(2, 0);
        TransferHeader refused = Message(TransferMessageType.Refused) with
        {
            Refusal = TransferRefusal.NoLongerKept,
            ClusterId = Guid.NewGuid(),
            First = new LogIndex(20),
            Limit = new LogIndex(29),
        };
        Assert.True(Take(Source, refused, Encoding.UTF8.GetBytes("gone.\u0007 Start at 20.")));
        Assert.Equal(TransferStreamState.Refused, _stream.State);
        Assert.Equal(TransferRefusal.NoLongerKept, _stream.Refusal);
        Assert.Equal((new LogIndex(20), new LogIndex(29)), (_stream.FirstKept, _stream.Limit));
        Assert.Equal("gone.  Start at 20.", _stream.Reason);
    }

    [Fact]
    public void Messages_of_others_are_left_to_them()
    {
        Open(0, 0);
        Assert.False(Take("other:1", ChunkHeader(1, 2), _log.Range(1, 2)));
        Assert.False(Take(Source, ChunkHeader(1, 2) with { Stream = 77 }, _log.Range(1, 2)));
        Assert.False(Take(Source, Message(TransferMessageType.Description), default));
        _stream.Close();
        Assert.False(Chunk(1, 2));
        Assert.Equal(TransferStreamState.Idle, _stream.State);
    }

    [Theory]
    [InlineData("index", "sends index 2 where 1 belongs")]
    [InlineData("count", "do not reach")]
    [InlineData("backwards", "do not reach")]
    [InlineData("missing", "came where")]
    [InlineData("empty", "came where")]
    [InlineData("filled", "came where")]
    [InlineData("beyond", "asked for what is before 10")]
    [InlineData("limit", "may send up to 3")]
    [InlineData("chain", "chains differ")]
    [InlineData("other", "does not continue")]
    [InlineData("bit", "checksum")]
    [InlineData("cluster", "instead of")]
    [InlineData("content", "content 3 instead of Log")]
    [InlineData("large", "asked for 1000 at most")]
    [InlineData("short end", "but sent everything before 1")]
    [InlineData("early end", "asked for everything before 10")]
    public void A_lie_is_noticed_and_nothing_of_it_is_handed_out(string lie, string reason)
    {
        Open(0, 10);
        byte[] body = _log.Range(1, 6);
        TransferHeader chunk = ChunkHeader(1, 6);
        (chunk, body) = lie switch
        {
            "index" => (ChunkHeader(2, 7), _log.Range(2, 7)),
            "count" => (chunk with { Count = 4 }, body),
            "backwards" => (chunk with { Until = LogIndex.Zero }, body),
            "missing" => (chunk, _log.Range(1, 5)),
            "empty" => (chunk, []),
            "filled" => (Message(TransferMessageType.Chunk) with { First = new(1), Until = new(1) }, body),
            "beyond" => (ChunkHeader(1, 15), _log.Range(1, 15)),
            "limit" => (chunk with { Limit = new LogIndex(3) }, body),
            "chain" => (chunk with { Chain = 5 }, body),
            "other" => (chunk, [.. _log.Range(1, 3), .. new TestRecords(6, "other").Range(3, 6)]),
            "cluster" => (chunk with { ClusterId = Guid.NewGuid() }, body),
            "content" => (chunk with { Content = TransferContent.Image }, body),
            "large" => (chunk, new byte[1001]),
            "short end" => (EndHeader(4), []),
            "early end" => (EndHeader(1), []),
            _ => (chunk, body),
        };
        if (lie == "bit")
            body[60] ^= 1;
        Assert.True(Take(Source, chunk, body));
        AssertUntrue(reason);
        Assert.Empty(_got);
        Assert.Equal(LogIndex.Zero, _stream.Last.Index);
        Assert.Equal(TransferMessageType.Close, _transport.LastSent.Type);
    }

    [Fact]
    public void Garbage_from_the_source_is_noticed()
    {
        byte[] frame = new byte[TransferHeader.SizeBytes];
        Open(0, 0);
        ChunkHeader(1, 2).Encode(frame);
        frame[0] = 9;
        foreach (byte[] garbage in new byte[][] { [], [1, 2, 3], frame })
        {
            Open(0, 0);
            Assert.True(_stream.TryAccept(Source, garbage, default, _now, out _));
            AssertUntrue(garbage == frame
                ? "it speaks version 9 of Transfer, this version 1: upgrade"
                : "no message of Transfer");
        }
    }

    [Fact]
    public void A_stream_for_ever_does_not_end()
    {
        Open(0, ulong.MaxValue);
        Assert.True(Chunk(1, 6));
        Assert.True(End(6));
        AssertUntrue("ends before");
    }

    [Fact]
    public void Random_messages_never_throw_and_never_hand_out_a_record_that_is_not_the_log()
    {
        Random random = new(7);
        byte[] header = new byte[TransferHeader.SizeBytes];
        for (int round = 0; round < 20_000; round++)
        {
            Open(0, 0);
            ChunkHeader(1, 6).Encode(header);
            byte[] body = _log.Range(1, 6);
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                byte[] victim = random.Next(2) == 0 ? header : body;
                victim[random.Next(victim.Length)] = (byte)random.Next(256);
            }
            _stream.TryAccept(Source, header, body, _now, out ReadOnlySpan<byte> records);
            Assert.True(records.Length == 0 || records.SequenceEqual(_log.Range(1, 6)));
        }
    }

    private void Open(ulong last, ulong until) =>
        _stream.Open(Source, Cluster, _log.HeaderAt(last), new LogIndex(until), _now);

    private bool Chunk(ulong from, ulong until) => Take(Source, ChunkHeader(from, until), _log.Range(from, until));

    private bool Idle(ulong at) => Take(
        Source, Message(TransferMessageType.Chunk) with { First = new LogIndex(at), Until = new LogIndex(at) },
        default);

    private bool End(ulong at) => Take(Source, EndHeader(at), default);

    private bool Take(string address, in TransferHeader header, ReadOnlySpan<byte> body)
    {
        byte[] frame = new byte[TransferHeader.SizeBytes];
        header.Encode(frame);
        bool mine = _stream.TryAccept(address, frame, body, _now, out ReadOnlySpan<byte> records);
        _got.AddRange(records);
        return mine;
    }

    private TransferHeader ChunkHeader(ulong from, ulong until) => Message(TransferMessageType.Chunk) with
    {
        First = new LogIndex(from),
        Until = new LogIndex(until),
        Count = (uint)(until - from),
        Chain = _log.HeaderAt(from - 1).Chain,
    };

    private TransferHeader EndHeader(ulong at) => Message(TransferMessageType.End) with { First = new LogIndex(at) };

    private TransferHeader Message(TransferMessageType type) => new()
    {
        Type = type,
        Content = TransferContent.Log,
        ClusterId = Cluster,
        Stream = _transport.Sent.Last(sent => sent.Header.Type == TransferMessageType.Open).Header.Stream,
        Limit = new LogIndex(30),
    };

    private int Count()
    {
        var reader = new RecordReader([.. _got], new LogIndex(1), verify: true);
        int count = 0;
        while (reader.Read())
            count++;
        Assert.Null(reader.Error);
        return count;
    }

    private void AssertUntrue(string reason)
    {
        Assert.Equal(TransferStreamState.Untrue, _stream.State);
        Assert.Contains(reason, _stream.Reason);
    }
}
