using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Tests.Replica;

public sealed class PendingWritesTests
{
    private readonly RecordingTransport _transport = new();
    private readonly Responder _responder;
    private readonly PendingWrites _writes;
    private readonly ClientConnection _connection = new([1], delimited: false);

    public PendingWritesTests()
    {
        _responder = new Responder(_transport);
        _writes = new PendingWrites(_responder);
    }

    [Fact]
    public void A_write_is_taken_when_its_own_entry_is_applied()
    {
        Add(5, 2, 100);
        Assert.True(_writes.TryTake(new LogIndex(5), new Term(2), "", out ReplyTarget target));
        Assert.Equal(100ul, target.RequestId);
        Assert.Empty(Flush());
    }

    [Fact]
    public void A_write_whose_index_was_committed_in_another_term_never_happened()
    {
        Add(5, 2, 100);
        Assert.False(_writes.TryTake(new LogIndex(5), new Term(3), "127.0.0.1:11001", out _));
        Response response = Assert.Single(Flush());
        Assert.Equal((100ul, Code.NotLeader, "127.0.0.1:11001"), (response.Id, response.Code, response.Leader));
    }

    [Fact]
    public void A_truncated_write_has_an_unknown_outcome_because_another_node_may_still_commit_it()
    {
        Add(5, 2, 100);
        Add(6, 2, 101);
        _writes.Truncate(new LogIndex(6));
        Response response = Assert.Single(Flush());
        Assert.Equal((101ul, Code.OutcomeUnknown), (response.Id, response.Code));
        Assert.NotEmpty(response.Cure);
    }

    [Fact]
    public void Thousands_of_writes_wait_in_order_while_others_come_and_go()
    {
        ulong next = 1;
        ulong applied = 0;
        for (int round = 0; round < 50; round++)
        {
            for (int i = 0; i < 100 + round; i++, next++)
                Add(next, 1, next);
            for (int i = 0; i < 90; i++)
            {
                applied++;
                Assert.True(_writes.TryTake(new LogIndex(applied), new Term(1), "", out ReplyTarget target));
                Assert.Equal(applied, target.RequestId);
            }
        }
    }

    [Fact]
    public void A_request_socket_gets_one_frame_for_all_requests_of_its_frame()
    {
        var request = new ClientConnection([2], delimited: true);
        _responder.Take(request);
        _responder.Take(request);
        _responder.Reply(new ReplyTarget(request, 1, null), Code.Ok, default, 1);
        Assert.Empty(Flush());
        _responder.Reply(new ReplyTarget(request, 2, null), Code.Ok, default, 2);
        Assert.Equal(2, Flush().Count);
        Assert.Equal(1, _transport.Frames);
    }

    private void Add(ulong index, ulong term, ulong id)
    {
        _responder.Take(_connection);
        _writes.Add(new LogIndex(index), new Term(term), new ReplyTarget(_connection, id, null));
    }

    private List<Response> Flush()
    {
        _responder.Flush();
        return _transport.Take();
    }

    private sealed class RecordingTransport : IClientTransport
    {
        private readonly List<Response> _responses = [];

        public int Frames { get; private set; }

        public long DroppedTotal => 0;

        public bool TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame)
        {
            connection = null!;
            frame = default;
            return false;
        }

        public void Send(ClientConnection connection, ReadOnlySpan<byte> frame)
        {
            Frames++;
            _responses.AddRange(Responses.Parser.ParseFrom(frame).Responses_);
        }

        public List<Response> Take()
        {
            List<Response> taken = [.. _responses];
            _responses.Clear();
            return taken;
        }
    }
}
