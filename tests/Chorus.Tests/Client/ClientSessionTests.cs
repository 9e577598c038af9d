using System.Collections.Concurrent;
using Chorus.Common.Client;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Tests.Client;

/// <summary>Writes in a session: sent again until they are answered, under the same sequence.</summary>
public sealed class ClientSessionTests
{
    private readonly ConcurrentQueue<Request> _writes = new();
    private readonly ConcurrentQueue<ChangeSession> _changes = new();
    private long _session = 100;

    [Fact]
    public async Task A_write_whose_server_dies_is_sent_to_the_next_leader_under_the_same_sequence()
    {
        using FakeServer second = Server(request => FakeServer.Ok(request));
        FakeServer? first = null;
        using FakeServer dying = first = Server(_ => null);
        first.Leading();
        second.Following(first.Address);
        await using ChorusClient client = new(first.Options(second));
        Task<ClientResult> write = client.WriteAsync("w"u8.ToArray()).AsTask();
        Waiting.Until(() => _writes.Count == 1, "the write");
        second.Leading(term: 2);
        first.Dispose();
        Assert.Equal(Code.Ok, (await write).Code);
        Request[] sent = [.. _writes];
        Assert.Equal(2, sent.Length);
        Assert.Equal((101ul, 1ul), (sent[0].Session, sent[0].Sequence));
        Assert.Equal((sent[0].Session, sent[0].Sequence), (sent[1].Session, sent[1].Sequence));
    }

    [Fact]
    public async Task A_write_whose_outcome_the_server_does_not_know_is_sent_again()
    {
        int asked = 0;
        using FakeServer server = Server(request => Interlocked.Increment(ref asked) < 4
            ? new Response { Id = request.Id, Code = Code.OutcomeUnknown, Message = "who knows" }
            : FakeServer.Ok(request)).Leading();
        await using ChorusClient client = new(server.Options());
        Assert.Equal(Code.Ok, (await client.WriteAsync("w"u8.ToArray())).Code);
        Assert.All(_writes, write => Assert.Equal(1ul, write.Sequence));
    }

    [Fact]
    public async Task Sequences_count_and_what_is_answered_is_acknowledged()
    {
        using FakeServer server = Server(FakeServer.Ok).Leading();
        await using ChorusClient client = new(server.Options());
        for (int i = 0; i < 5; i++)
            await client.WriteAsync("w"u8.ToArray());
        Assert.Equal([1ul, 2, 3, 4, 5], _writes.Select(write => write.Sequence));
        Assert.Equal([1ul, 2, 3, 4, 5], _writes.Select(write => write.AcknowledgedBelow));
        Assert.Single(_changes);
    }

    [Fact]
    public async Task An_expired_session_is_replaced_for_a_write_that_was_refused_for_certain()
    {
        using FakeServer server = Server(request => request.Session == 101 && request.Sequence == 2
            ? new Response { Id = request.Id, Code = Code.SessionExpired }
            : FakeServer.Ok(request)).Leading();
        await using ChorusClient client = new(server.Options());
        Assert.Equal(Code.Ok, (await client.WriteAsync("a"u8.ToArray())).Code);
        Assert.Equal(Code.Ok, (await client.WriteAsync("b"u8.ToArray())).Code);
        Assert.Equal([(101ul, 1ul), (101, 2), (102, 1)], _writes.Select(write => (write.Session, write.Sequence)));
    }

    [Fact]
    public async Task An_expired_session_leaves_the_outcome_unknown_of_a_write_that_was_sent_before()
    {
        int asked = 0;
        using FakeServer server = Server(request => Interlocked.Increment(ref asked) == 1
            ? new Response { Id = request.Id, Code = Code.OutcomeUnknown }
            : new Response { Id = request.Id, Code = Code.SessionExpired }).Leading();
        await using ChorusClient client = new(server.Options());
        ClientResult result = await client.WriteAsync("a"u8.ToArray());
        Assert.Equal(Code.OutcomeUnknown, result.Code);
        Assert.Contains("session has expired", result.Message, StringComparison.Ordinal);
        Assert.NotEmpty(result.Cure);
    }

    [Fact]
    public async Task A_write_that_was_perhaps_applied_and_is_then_refused_has_an_unknown_outcome()
    {
        int asked = 0;
        using FakeServer server = Server(request => Interlocked.Increment(ref asked) == 1
            ? new Response { Id = request.Id, Code = Code.OutcomeUnknown }
            : new Response { Id = request.Id, Code = Code.Overloaded, Message = "busy" }).Leading();
        await using ChorusClient client = new(server.Options() with { Timeout = TimeSpan.FromSeconds(1) });
        ClientResult result = await client.WriteAsync("a"u8.ToArray());
        Assert.Equal(Code.OutcomeUnknown, result.Code);
        Assert.Contains("busy", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_more_is_under_way_than_the_server_allows_and_the_rest_follows()
    {
        var gate = new ManualResetEventSlim();
        using FakeServer server = Server(request =>
        {
            if (request.Sequence == 1)
                gate.Wait(TimeSpan.FromSeconds(10));
            return FakeServer.Ok(request);
        }).Leading();
        await using ChorusClient client = new(server.Options());
        Task<ClientResult>[] writes =
            [.. Enumerable.Range(0, 100).Select(_ => client.WriteAsync("w"u8.ToArray()).AsTask())];
        gate.Set();
        ClientResult[] results = await Task.WhenAll(writes).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.All(results, result => Assert.Equal(Code.Ok, result.Code));
        Assert.All(_writes, write => Assert.True(write.Sequence - write.AcknowledgedBelow < 8));
        Assert.Equal(100, _writes.Select(write => write.Sequence).Distinct().Count());
    }

    [Fact]
    public async Task A_session_is_kept_alive_and_closed_in_the_end()
    {
        using FakeServer server = Server(FakeServer.Ok, timeoutMs: 60).Leading();
        ChorusClient client = new(server.Options());
        await client.WriteAsync("w"u8.ToArray());
        Waiting.Until(() => _changes.Count(change => change.Action == ChangeSession.Types.Action.Keep) > 2, "signs");
        await client.DisposeAsync();
        ChangeSession last = _changes.Last();
        Assert.Equal((ChangeSession.Types.Action.Close, 101ul), (last.Action, last.Session));
        Assert.All(
            _changes.Where(change => change.Action == ChangeSession.Types.Action.Keep),
            keep => Assert.Equal((101ul, 2ul), (keep.Session, keep.AcknowledgedBelow)));
    }

    [Fact]
    public async Task Without_a_session_nothing_is_sent_again()
    {
        using FakeServer server = Server(request =>
            new Response { Id = request.Id, Code = Code.OutcomeUnknown, Message = "who knows" }).Leading();
        await using ChorusClient client = new(server.Options() with { UseSession = false });
        Assert.Equal(Code.OutcomeUnknown, (await client.WriteAsync("w"u8.ToArray())).Code);
        Request write = Assert.Single(_writes);
        Assert.Equal((0ul, 0ul), (write.Session, write.Sequence));
        Assert.Empty(_changes);
    }

    [Fact]
    public async Task Where_servers_keep_no_sessions_writes_go_out_without()
    {
        using FakeServer server = Server(FakeServer.Ok);
        server.KeepsSessions = false;
        server.Leading();
        await using ChorusClient client = new(server.Options());
        Assert.Equal(Code.Ok, (await client.WriteAsync("w"u8.ToArray())).Code);
        Assert.Equal(0ul, Assert.Single(_writes).Session);
    }

    private FakeServer Server(Func<Request, Response?> answer, ulong timeoutMs = 60_000)
    {
        return new FakeServer(request =>
        {
            if (request.BodyCase != Request.BodyOneofCase.ChangeSession)
            {
                _writes.Enqueue(request);
                return answer(request);
            }
            _changes.Enqueue(request.ChangeSession);
            var response = new Response { Id = request.Id };
            if (request.ChangeSession.Action == ChangeSession.Types.Action.Open)
            {
                response.Payload = new SessionOpened
                {
                    Session = (ulong)Interlocked.Increment(ref _session),
                    TimeoutMs = timeoutMs,
                    SequencesMax = 8,
                }.ToByteString();
            }
            return response;
        })
        { KeepsSessions = true };
    }
}
