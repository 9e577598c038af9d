using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Tests.Protocol;

public sealed class PeerCodecTests
{
    private static readonly PeerEnvelope Envelope = new(
        Guid.Parse("6f1f2f53-3f0e-4f51-a7d7-111111111111"), new NodeId("node0"), 42, new NodeId("node1"),
        "127.0.0.1:12000", "127.0.0.1:11000");

    public static IEnumerable<object[]> Messages()
    {
        (NodeId from, ulong incarnation, NodeId to, var term) =
            (Envelope.From, Envelope.FromIncarnation, Envelope.To, new Term(7));
        LogIndex Index(ulong value) => new(value);
        return new Message[]
        {
            new PreVoteRequest(from, incarnation, to, term, Index(9), new Term(6)),
            new PreVoteResponse(from, incarnation, to, term, true),
            new VoteRequest(from, incarnation, to, term, Index(9), new Term(6)),
            new VoteRequest(from, incarnation, to, term, Index(9), new Term(6), ByTransfer: true),
            new TimeoutNow(from, incarnation, to, term),
            new VoteResponse(from, incarnation, to, term, false),
            new AppendRequest(from, incarnation, to, term, Index(9), new Term(6), EntryRange.EmptyAt(Index(10)),
                Index(8)),
            new AppendAccepted(from, incarnation, to, term, Index(9)),
            new AppendRejected(from, incarnation, to, term, Index(9), new Term(3), Index(4)),
            new SnapshotRequired(from, incarnation, to, term, Index(5), Index(9)),
            new HeartbeatRequest(from, incarnation, to, term, Index(9), 11),
            new HeartbeatResponse(from, incarnation, to, term, 11, Index(9)),
            new ReadIndexRequest(from, incarnation, to, term, ReadKind.Lease, 12),
            new ReadIndexResponse(from, incarnation, to, term, ReadKind.Index, 12, Index(9)),
        }.Select(m => new object[] { m });
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_message_comes_back_as_it_was(Message message)
    {
        byte[] bytes = Encode(message);
        Assert.True(PeerCodec.TryDecode(bytes, default, out PeerMessage decoded, out string? error), error);
        Assert.Equal(Envelope, decoded.Envelope);
        if (message is AppendRequest append)
        {
            var back = Assert.IsType<AppendRequest>(decoded.Message);
            Assert.Equal(append with { Entries = back.Entries }, back);
            Assert.Equal((append.Entries.From, append.Entries.Until), (back.Entries.From, back.Entries.Until));
        }
        else
        {
            Assert.Equal(message, decoded.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_flipped_bit_anywhere_or_a_cut_is_noticed(Message message)
    {
        byte[] bytes = Encode(message);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(PeerCodec.TryDecode(bytes, default, out _, out _));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(PeerCodec.TryDecode(bytes.AsSpan(0, length), default, out _, out _));
    }

    [Fact]
    public void Announced_records_that_are_missing_are_noticed()
    {
        var entries = new EntryRange(new LogIndex(10), new LogIndex(12), [new TermRun(new LogIndex(10),
            new Term(7))], []);
        byte[] bytes = Encode(new AppendRequest(
            Envelope.From, 42, Envelope.To, new Term(7), new LogIndex(9), new Term(6), entries, new LogIndex(8)));
        Assert.False(PeerCodec.TryDecode(bytes, default, out _, out string? error));
        Assert.Contains("announced", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_join_passed_on_keeps_its_correlation()
    {
        byte[] header = new byte[PeerCodec.HeaderBytesMax];
        int length = PeerCodec.EncodeForwarded(Envelope, PeerMessageType.ForwardedJoin, 5, header);
        Assert.True(PeerCodec.TryDecode(header.AsSpan(0, length), new byte[] { 1 }, out PeerMessage decoded,
            out string? error), error);
        Assert.Equal((PeerMessageType.ForwardedJoin, 5ul), (decoded.Type, decoded.Correlation));
        Assert.Null(decoded.Message);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            Assert.False(PeerCodec.TryDecode(noise, noise, out _, out _));
        }
    }

    private static byte[] Encode(Message message)
    {
        byte[] header = new byte[PeerCodec.HeaderBytesMax];
        int length = PeerCodec.Encode(Envelope, message, header);
        return header[..length];
    }
}
