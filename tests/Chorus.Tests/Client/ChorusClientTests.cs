using Chorus.Common.Client;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;

namespace Chorus.Tests.Client;

public sealed class ChorusClientTests
{
    private static readonly byte[] Command = [1, 2, 3];

    [Fact]
    public async Task A_write_and_a_read_are_answered()
    {
        using FakeServer server = new FakeServer(
            r => new Response { Id = r.Id, Index = r.HasWrite ? 7ul : 0, Payload = r.HasWrite ? r.Write : r.Read })
            .Leading();
        await using ChorusClient client = new(server.Options());
        ClientResult written = await client.WriteAsync(Command);
        Assert.True(written.IsSuccess);
        Assert.Equal(7ul, written.Index);
        Assert.Equal(Command, written.Payload.ToArray());
        ClientResult read = await client.ReadAsync(default);
        Assert.Equal((Code.Ok, 0), (read.Code, read.Payload.Length));
        Assert.Equal(server.Address, client.Leader);
    }

    [Fact]
    public async Task A_failure_is_a_value_with_cause_and_cure()
    {
        using FakeServer server = new FakeServer(
            r => new Response { Id = r.Id, Code = Code.TooLarge, Message = "too long", Cure = "Cut it" }).Leading();
        await using ChorusClient client = new(server.Options());
        ClientResult result = await client.WriteAsync(Command);
        Assert.Equal((Code.TooLarge, "too long", "Cut it"), (result.Code, result.Message, result.Cure));
        Assert.False(result.IsSuccess);
        Assert.Equal(1, server.Seen);
    }

    [Fact]
    public async Task The_leader_is_found_among_the_servers_without_spending_requests_on_it()
    {
        using FakeServer leader = new FakeServer(FakeServer.Ok).Leading();
        using FakeServer follower = new FakeServer(FakeServer.NotLeader("")).Following(leader.Address);
        await using ChorusClient client = new(follower.Options(leader));
        Assert.Equal(Code.Ok, (await client.WriteAsync(Command)).Code);
        Assert.Equal((0, 1), (follower.Seen, leader.Seen));
    }

    [Fact]
    public async Task A_hint_to_a_server_that_was_not_named_is_followed()
    {
        using FakeServer leader = new FakeServer(FakeServer.Ok).Leading();
        using FakeServer follower = new FakeServer(_ => null).Leading();
        follower.Answer = r =>
        {
            follower.Following("");
            return FakeServer.NotLeader(leader.Address)(r);
        };
        await using ChorusClient client = new(follower.Options());
        Assert.Equal(Code.Ok, (await client.WriteAsync(Command)).Code);
        Assert.Equal((1, 1), (follower.Seen, leader.Seen));
        Assert.Equal(leader.Address, client.Leader);
    }

    [Fact]
    public async Task The_leader_is_followed_when_it_moves()
    {
        using FakeServer first = new FakeServer(FakeServer.Ok).Leading();
        using FakeServer second = new FakeServer(FakeServer.Ok).Following(first.Address);
        await using ChorusClient client = new(first.Options(second));
        Assert.Equal(Code.Ok, (await client.WriteAsync(Command)).Code);
        first.Answer = FakeServer.NotLeader(second.Address);
        first.Following(second.Address, term: 2);
        second.Leading(term: 2);
        Assert.Equal(Code.Ok, (await client.WriteAsync(Command)).Code);
        Assert.Equal((2, 1), (first.Seen, second.Seen));
    }

    [Fact]
    public async Task Hints_that_go_round_in_a_circle_end_at_the_deadline_and_do_not_flood()
    {
        using FakeServer left = new(FakeServer.NotLeader(""));
        using FakeServer right = new(FakeServer.NotLeader(left.Address));
        left.Answer = FakeServer.NotLeader(right.Address);
        left.Leading();
        await using ChorusClient client = new(left.Options(right) with { Timeout = TimeSpan.FromSeconds(1) });
        ClientResult result = await client.ReadAsync(Command);
        Assert.Equal(Code.NotLeader, result.Code);
        Assert.InRange(left.Seen + right.Seen, 3, 40);
    }

    [Fact]
    public async Task Servers_may_be_down_at_the_start()
    {
        using FakeServer first = new(FakeServer.Ok);
        Endpoint endpoint = first.Endpoint;
        ChorusClientOptions options = first.Options();
        first.Dispose();
        await using ChorusClient client = new(options);
        Task<ClientResult> write = client.WriteAsync(Command).AsTask();
        Assert.Null(client.Leader);
        using FakeServer server = new FakeServer(FakeServer.Ok, endpoint).Leading();
        Assert.Equal(Code.Ok, (await write).Code);
    }

    [Fact]
    public async Task A_write_that_never_left_says_so_at_the_deadline()
    {
        await using ChorusClient client = new(new ChorusClientOptions
        {
            Servers = [":1"],
            Timeout = TimeSpan.FromMilliseconds(200),
        });
        ClientResult result = await client.WriteAsync(Command);
        Assert.Equal(Code.NotLeader, result.Code);
        Assert.Contains("no server could be reached within 0.2 s (127.0.0.1:1); nothing was done", result.Message);
        Assert.NotEmpty(result.Cure);
    }

    [Fact]
    public async Task Without_a_leader_a_write_says_so_at_the_deadline()
    {
        using FakeServer follower = new(FakeServer.NotLeader(""));
        await using ChorusClient client = new(follower.Options() with { Timeout = TimeSpan.FromMilliseconds(400) });
        ClientResult result = await client.WriteAsync(Command);
        Assert.Equal(Code.NotLeader, result.Code);
        Assert.Contains("no leader was found", result.Message);
        Assert.Contains("1 of 1 servers answer", result.Message);
    }

    [Fact]
    public async Task A_write_that_is_not_answered_has_an_unknown_outcome_and_is_sent_once()
    {
        using FakeServer server = new FakeServer(_ => null).Leading();
        await using ChorusClient client = new(server.Options() with { Timeout = TimeSpan.FromMilliseconds(300) });
        ClientResult result = await client.WriteAsync(Command);
        Assert.Equal(Code.OutcomeUnknown, result.Code);
        Assert.Contains("may or may not have been applied", result.Message);
        Assert.Equal(1, server.Seen);
    }

    [Fact]
    public async Task When_the_leader_dies_writes_end_as_unknown_at_once_and_reads_go_on_elsewhere()
    {
        using FakeServer dying = new FakeServer(_ => null).Leading();
        using FakeServer next = new FakeServer(FakeServer.Ok).Following(dying.Address);
        ChorusClientOptions options = dying.Options(next) with { Timeout = TimeSpan.FromSeconds(60) };
        await using ChorusClient client = new(options);
        Task<ClientResult> write = client.WriteAsync(Command).AsTask();
        Task<ClientResult> read = client.ReadAsync(Command).AsTask();
        Waiting.Until(() => dying.Seen == 2, "both requests to arrive");
        next.Leading(term: 2);
        dying.Dispose();
        ClientResult lost = await write.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(Code.OutcomeUnknown, lost.Code);
        Assert.Contains("broke before it answered", lost.Message);
        Assert.Equal(Code.Ok, (await read.WaitAsync(TimeSpan.FromSeconds(10))).Code);
        Assert.Equal(1, next.Seen);
    }

    [Fact]
    public async Task A_leader_that_hangs_is_left_for_a_newer_one()
    {
        using FakeServer hung = new FakeServer(_ => null).Leading();
        using FakeServer next = new FakeServer(FakeServer.Ok).Following(hung.Address);
        ChorusClientOptions options = hung.Options(next) with { Timeout = TimeSpan.FromSeconds(60) };
        await using ChorusClient client = new(options);
        Task<ClientResult> read = client.ReadAsync(Command).AsTask();
        Waiting.Until(() => hung.Seen == 1, "the request to arrive");
        next.Leading(term: 2);
        hung.Following("", term: 1);
        Assert.Equal(Code.Ok, (await read.WaitAsync(TimeSpan.FromSeconds(10))).Code);
        Assert.Equal(Code.Ok, (await client.WriteAsync(Command)).Code);
        Assert.Equal(1, hung.Seen);
    }

    [Theory]
    [InlineData(Code.Overloaded)]
    [InlineData(Code.DiskFull)]
    public async Task A_write_that_was_refused_for_now_is_sent_again(Code code)
    {
        int left = 3;
        using FakeServer server = new FakeServer(
            r => --left >= 0 ? FakeServer.Refuse(code, "not now")(r) : FakeServer.Ok(r)).Leading();
        await using ChorusClient client = new(server.Options());
        Assert.Equal(Code.Ok, (await client.WriteAsync(Command)).Code);
        Assert.Equal(4, server.Seen);
    }

    [Fact]
    public async Task A_write_that_was_refused_until_the_deadline_says_why()
    {
        using FakeServer server = new FakeServer(FakeServer.Refuse(Code.DiskFull, "the disk is full")).Leading();
        await using ChorusClient client = new(server.Options() with { Timeout = TimeSpan.FromMilliseconds(600) });
        ClientResult result = await client.WriteAsync(Command);
        Assert.Equal((Code.DiskFull, "the disk is full"), (result.Code, result.Message));
    }

    [Fact]
    public async Task A_cancelled_wait_ends_and_says_whether_the_command_may_live()
    {
        using FakeServer server = new FakeServer(_ => null).Leading();
        await using ChorusClient client = new(server.Options());
        using CancellationTokenSource source = new();
        Task<ClientResult> sent = client.WriteAsync(Command, source.Token).AsTask();
        Waiting.Until(() => server.Seen == 1, "the request to arrive");
        source.Cancel();
        Assert.Equal(Code.OutcomeUnknown, (await sent.WaitAsync(TimeSpan.FromSeconds(10))).Code);
        Assert.Equal(Code.NotLeader, (await client.WriteAsync(Command, source.Token)).Code);
        Assert.Equal(1, server.Seen);
    }

    [Fact]
    public async Task Closing_ends_what_waits_and_refuses_what_comes_later()
    {
        using FakeServer server = new FakeServer(_ => null).Leading();
        ChorusClient client = new(server.Options());
        Task<ClientResult> sent = client.WriteAsync(Command).AsTask();
        Waiting.Until(() => server.Seen == 1, "the request to arrive");
        await client.DisposeAsync();
        await client.DisposeAsync();
        Assert.Equal(Code.OutcomeUnknown, (await sent).Code);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.WriteAsync(Command));
    }

    [Fact]
    public async Task The_status_of_any_server_can_be_asked_for()
    {
        using FakeServer leader = new FakeServer(FakeServer.Ok).Leading();
        using FakeServer other = new FakeServer(FakeServer.Ok).Following(leader.Address, term: 9);
        await using ChorusClient client = new(leader.Options() with { Timeout = TimeSpan.FromSeconds(2) });
        Status? status = await client.StatusAsync(other.Address);
        Assert.Equal(9ul, status?.Term);
        Assert.Null(await client.StatusAsync(":1"));
        await Assert.ThrowsAsync<FormatException>(() => client.StatusAsync("nowhere"));
    }

    [Fact]
    public async Task A_member_is_removed_through_the_leader()
    {
        string? removed = null;
        using FakeServer server = new FakeServer(r =>
        {
            removed = r.RemoveMember?.Id;
            return FakeServer.Ok(r);
        }).Leading();
        await using ChorusClient client = new(server.Options());
        Assert.Equal(Code.Ok, (await client.RemoveMemberAsync("node7")).Code);
        Assert.Equal("node7", removed);
    }

    [Fact]
    public async Task A_request_that_no_server_would_take_is_refused_without_being_sent()
    {
        using FakeServer server = new FakeServer(FakeServer.Ok).Leading();
        await using ChorusClient client = new(server.Options());
        ClientResult result = await client.WriteAsync(new byte[ChorusClient.RequestSizeBytesMax + 1]);
        Assert.Equal(Code.TooLarge, result.Code);
        Assert.Equal(Code.Ok, (await client.WriteAsync(new byte[ChorusClient.RequestSizeBytesMax])).Code);
        Assert.Equal(1, server.Seen);
    }

    [Fact]
    public void Bad_addresses_and_no_addresses_are_refused()
    {
        Assert.Throws<FormatException>(() => new ChorusClient(new ChorusClientOptions { Servers = ["x"] }));
        Assert.Throws<ArgumentException>(() => new ChorusClient(new ChorusClientOptions { Servers = [] }));
    }

    [Fact]
    public async Task Reads_go_to_the_server_that_is_named_and_wait_there_for_its_leader()
    {
        int refusals = 3;
        using FakeServer leader = new FakeServer(FakeServer.Echo).Leading();
        using FakeServer named = new(r => r.Reads == ReadMode.Lease && Interlocked.Decrement(ref refusals) < 0
            ? FakeServer.Echo(r)
            : FakeServer.NotLeader(leader.Address)(r));
        await using ChorusClient client = new(new ChorusClientOptions
        {
            Servers = [leader.Address],
            Reads = ReadMode.Lease,
            ReadFrom = named.Address,
        });
        ClientResult result = await client.ReadAsync(Command);
        Assert.Equal(Code.Ok, result.Code);
        Assert.Equal(4, named.Seen);
        Assert.Equal(0, leader.Seen);
    }
}
