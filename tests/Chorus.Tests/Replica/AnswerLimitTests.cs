using System.Buffers;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Tests.Replica;

public sealed class AnswerLimitTests
{
    private const int ValueBytes = 1 << 20;

    private readonly CountingTransport _transport = new();
    private readonly Responder _responder;
    private readonly PendingReads _reads;

    public AnswerLimitTests()
    {
        _responder = new Responder(_transport);
        _reads = new PendingReads(_responder, new LargeValues(), new ReplicaCounters());
    }

    [Fact]
    public void Reads_beyond_the_bytes_of_a_round_wait_for_the_next_one()
    {
        var connection = new ClientConnection([1], delimited: false);
        for (ulong ticket = 1; ticket <= 10; ticket++)
            Ask(connection, ticket);
        _reads.Grant(new ReadGrant(ReadKind.Index, 10, new LogIndex(1)));
        _reads.BeginRound(4 * ValueBytes);
        _reads.Serve(new LogIndex(1));
        Assert.Equal(4, _transport.Answers.Count);
        Assert.True(_reads.HasServable(new LogIndex(1)));
        _reads.BeginRound(100 * ValueBytes);
        _reads.Serve(new LogIndex(1));
        Assert.Equal(10, _transport.Answers.Count);
        Assert.Equal(0, _reads.Bytes);
    }

    [Fact]
    public void Answers_to_one_frame_of_a_REQ_peer_stay_within_what_a_buffer_can_hold()
    {
        var connection = new ClientConnection([1], delimited: true);
        for (ulong ticket = 1; ticket <= 100; ticket++)
            Ask(connection, ticket);
        _reads.Grant(new ReadGrant(ReadKind.Index, 100, new LogIndex(1)));
        _reads.Serve(new LogIndex(1));
        _responder.Flush();
        Responses answers = Assert.Single(_transport.Answers);
        Assert.Equal(100, answers.Responses_.Count);
        Assert.InRange(answers.CalculateSize(), 16 * ValueBytes, 18 * ValueBytes);
        Assert.Equal(Code.TooLarge, answers.Responses_[^1].Code);
        Assert.NotEmpty(answers.Responses_[^1].Cure);
    }

    private void Ask(ClientConnection connection, ulong ticket)
    {
        _responder.Take(connection);
        _reads.Add(ReadKind.Index, ticket, new ReplyTarget(connection, ticket, null), "key"u8);
    }

    private sealed class CountingTransport : IClientTransport
    {
        public List<Responses> Answers { get; } = [];

        public long DroppedTotal => 0;

        public bool TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame)
        {
            connection = null!;
            frame = default;
            return false;
        }

        public void Send(ClientConnection connection, ReadOnlySpan<byte> frame) =>
            Answers.Add(Responses.Parser.ParseFrom(frame));
    }

    private sealed class LargeValues : EmptyMachine
    {
        public override Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message)
        {
            response.Write(new byte[ValueBytes]);
            return base.Query(query, response, out message);
        }
    }
}
