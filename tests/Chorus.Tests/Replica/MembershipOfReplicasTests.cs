using System.Diagnostics;
using System.Text;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Tests.Log;
using Chorus.Tests.Recovery;
using Microsoft.Extensions.Logging.Abstractions;
using Action = Chorus.Common.Protocol.MemberChange.Types.Action;

namespace Chorus.Tests.Replica;

/// <summary>Three replicas as they run in their processes, and an operator who changes them.</summary>
public sealed class MembershipOfReplicasTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly Dictionary<string, RunningReplica> _replicas = [];
    private readonly List<ChorusClient> _clients = [];

    public async Task InitializeAsync()
    {
        foreach (string id in new[] { "a", "b", "c" })
            Start(id, id);
        await UntilAsync(
            () => Voters().Length == 3 && Leader() is { } leader && leader.ConfigurationIndex <= leader.CommitIndex,
            "three voters");
    }

    public async Task DisposeAsync()
    {
        foreach (ChorusClient client in _clients)
            await client.DisposeAsync();
        foreach (RunningReplica replica in _replicas.Values)
            replica.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Several_voters_lose_their_vote_and_get_it_back_in_one_step_each()
    {
        string[] others = [.. _replicas.Keys.Where(id => id != Leader().Id)];
        ClientResult demoted = await ChangeAsync(others[0], [.. others.Select(id => Of(Action.Demote, id))]);
        Assert.True(demoted.Code == Code.Ok, demoted.Message);
        Assert.Single(Voters());
        Assert.Contains("held back: Client members promote", WaitOf(others[1]), StringComparison.Ordinal);
        ClientResult promoted = await ChangeAsync(others[1], [.. others.Select(id => Of(Action.Promote, id))]);
        Assert.True(promoted.Code == Code.Ok, promoted.Message);
        Assert.Equal("a (voter), b (voter), c (voter)", Encoding.UTF8.GetString(promoted.Payload.Span));
    }

    [Fact]
    public async Task A_leader_that_is_removed_hands_over_and_goes()
    {
        string leader = Leader().Id;
        string other = _replicas.Keys.First(id => id != leader);
        ClientResult removed = await ChangeAsync(other, Of(Action.Remove, leader));
        Assert.True(removed.Code == Code.Ok, removed.Message);
        _replicas.Remove(leader, out RunningReplica? gone);
        gone!.Dispose();
        Assert.Equal(_replicas.Keys.Order(), Voters());
        ClientResult unknown = await ChangeAsync(other, Of(Action.Remove, leader));
        Assert.Equal(Code.NotFound, unknown.Code);
        Assert.Contains($"{leader} is not a member", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_was_removed_says_so_and_what_to_do()
    {
        string gone = _replicas.Keys.Last(id => id != Leader().Id);
        string other = _replicas.Keys.First(id => id != gone);
        ClientResult removed = await ChangeAsync(other, Of(Action.Remove, gone));
        Assert.True(removed.Code == Code.Ok, removed.Message);
        ChorusClient client = Client(gone);
        Status? said = null;
        await UntilAsync(
            () => (said = client.StatusAsync(_replicas[gone].Client.ToString()).Result) is { Repair.Length: > 0 },
            "it knows that it is removed");
        Assert.Contains("the cluster has removed it", said!.Repair, StringComparison.Ordinal);
        Assert.Contains("-join", said.Repair, StringComparison.Ordinal);
        _replicas[gone].Dispose();
        _replicas.Remove(gone);
    }

    [Fact]
    public async Task One_command_lets_an_empty_directory_take_the_place_of_a_lost_one()
    {
        string lost = _replicas.Keys.Last(id => id != Leader().Id);
        string other = _replicas.Keys.First(id => id != lost);
        ClientResult alive = await ChangeAsync(other, Of(Action.Replace, lost));
        Assert.Equal(Code.Refused, alive.Code);
        Assert.Contains($"{lost} answers", alive.Message, StringComparison.Ordinal);
        _replicas.Remove(lost, out RunningReplica? stopped);
        HostEndpoint peer = stopped!.Peer;
        stopped.Dispose();
        ChorusException refused = Assert.Throws<ChorusException>(() => Join(lost, 77, peer));
        Assert.Contains($"Client members replace {lost}", refused.Cure, StringComparison.Ordinal);
        await UntilAsync(() => !Member(lost).RecentlyActive, "the lost one to be silent");
        ClientResult replaced = await ChangeAsync(other, Of(Action.Replace, lost));
        Assert.True(replaced.Code == Code.Ok, replaced.Message);
        Assert.Contains("not heard from yet", WaitOf(lost), StringComparison.Ordinal);
        Start(lost, "another");
        await UntilAsync(() => Voters().Length == 3, "the new one to vote");
    }

    [Fact]
    public async Task What_would_leave_no_quorum_is_refused_with_the_names_of_those_that_are_missing()
    {
        string[] others = [.. _replicas.Keys.Where(id => id != Leader().Id)];
        _replicas.Remove(others[0], out RunningReplica? stopped);
        stopped!.Dispose();
        await UntilAsync(() => !Member(others[0]).RecentlyActive, "the stopped one to be silent");
        ClientResult refused = await ChangeAsync(others[1], Of(Action.Remove, others[1]));
        Assert.Equal(Code.Refused, refused.Code);
        Assert.Contains("would be left without a quorum", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"Start {others[0]} first", refused.Cure, StringComparison.Ordinal);
        ClientResult done = await ChangeAsync(others[1], Of(Action.Remove, others[0]));
        Assert.True(done.Code == Code.Ok, done.Message);
    }

    [Fact]
    public async Task A_node_that_is_named_before_it_comes_is_shown_and_waited_for()
    {
        ClientResult added = await ChangeAsync("b", new MemberChange
        {
            Action = Action.Add,
            Id = "d",
            PeerAddress = "127.0.0.1:1",
        });
        Assert.True(added.Code == Code.Ok, added.Message);
        Assert.Contains("not heard from yet: start it with -join", WaitOf("d"), StringComparison.Ordinal);
        Start("d", "d");
        await UntilAsync(() => Voters().Length == 4, "the node to vote");
        ClientResult wrong = await ChangeAsync("b", new MemberChange
        {
            Action = Action.Add,
            Id = "e",
            PeerAddress = "nowhere",
        });
        Assert.Equal(Code.BadRequest, wrong.Code);
    }

    private static MemberChange Of(Action action, string id) => new() { Action = action, Id = id };

    private void Start(string id, string folder) => _replicas.Add(
        id, new RunningReplica(id, Path.Combine(_folder.Path, folder), _replicas.Values.FirstOrDefault()));

    // Through one member alone: it passes on what is not for it to decide.
    private async Task<ClientResult> ChangeAsync(string through, params MemberChange[] changes) =>
        await Client(through).ChangeMembersAsync(changes);

    private ChorusClient Client(string id)
    {
        var client = new ChorusClient(new ChorusClientOptions { Servers = [_replicas[id].Client.ToString()] });
        _clients.Add(client);
        return client;
    }

    private Status Leader()
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            foreach (string id in _replicas.Keys)
            {
                using var client = new Disposable(Client(id));
                if (client.Client.StatusAsync(_replicas[id].Client.ToString()).Result is { Role: "leader" } status)
                    return status;
            }
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 20, "nobody leads within 20 s");
        }
    }

    private sealed record Disposable(ChorusClient Client) : IDisposable
    {
        public void Dispose() => Client.DisposeAsync().AsTask().Wait();
    }

    private string[] Voters() =>
    [
        .. Leader().Members.Where(member => member.Member.Kind == Chorus.Common.Protocol.Member.Types.Kind.Voter)
            .Select(member => member.Member.Id),
    ];

    private MemberStatus Member(string id) => Leader().Members.Single(member => member.Member.Id == id);

    private string WaitOf(string id) => Member(id).WaitsFor;

    private void Join(string id, ulong incarnation, HostEndpoint peer)
    {
        using var context = new ZmqContext();
        HostEndpoint join = _replicas.Values.First().Join;
        new JoinClient(context, NullLogger.Instance).Join(
            new Endpoint(join.Host, join.Port),
            new JoinRequest
            {
                ProtocolVersion = 1,
                Member = new Chorus.Common.Protocol.Member
                {
                    Id = id,
                    Incarnation = incarnation,
                    PeerAddress = peer.ToString(),
                    ClientAddress = peer.ToString(),
                },
            },
            CancellationToken.None);
    }

    private static Task UntilAsync(Func<bool> condition, string what) => Task.Run(() => Waiting.Until(condition, what));
}
