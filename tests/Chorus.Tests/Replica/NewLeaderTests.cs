using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.Raft;
using Microsoft.Extensions.Logging.Abstractions;
using Action = Chorus.Common.Protocol.MemberChange.Types.Action;

namespace Chorus.Tests.Replica;

/// <summary>
/// A leader that has only just been elected is asked to change the members: it must not take for lost who has not had
/// the time to answer it.
/// </summary>
public sealed class NewLeaderTests
{
    private static readonly MemberChange[] RemoveC = [new() { Action = Action.Remove, Id = "c" }];

    private readonly TestCluster _cluster = new(3);
    private readonly MembershipDesk _desk;
    private OperatorAnswer? _answer;

    public NewLeaderTests()
    {
        // What a says as its leader reaches c only.
        _cluster.Drops = message => message.To == Say.Node("b") && message is (AppendRequest or HeartbeatRequest);
        TestNode leader = _cluster.Elect("a");
        Assert.Equal(leader.Node.LastIndex, leader.Node.Commit);
        _desk = new MembershipDesk(
            new ReplicaOptions
            {
                Id = leader.Id,
                Incarnation = leader.Incarnation,
                ClusterId = Guid.Empty,
                PeerAddress = "a:1",
                ClientAddress = "a:2",
            },
            leader.Node, new PendingChanges(), NullLogger.Instance);
    }

    [Fact]
    public void Who_may_yet_answer_is_waited_for()
    {
        Ask();
        _desk.Work();
        Assert.Null(_answer);
        Assert.True(_cluster.Leader.Node.Peers[0].IsAwaited);
        _cluster.Drops = null;
        _cluster.Tick(_cluster.Options.HeartbeatTicks);
        _desk.Work();
        Assert.Null(_answer);
        Assert.Null(_cluster.Leader.Node.Configuration.Find(Say.Node("c")));
    }

    [Fact]
    public void Who_has_not_answered_for_an_election_timeout_counts_as_lost()
    {
        Ask();
        _cluster.Tick(_cluster.Options.ElectionTimeoutTicks + 1);
        _desk.Work();
        Assert.Equal(Code.Refused, _answer?.Code);
        Assert.Contains("only a would answer", _answer?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_put_off_is_proposed_behind_the_commands_of_its_round()
    {
        using var world = new SessionWorld();
        world.RestartUntilElected();
        ulong change = world.Send(new Request
        {
            ChangeMembers = new ChangeMembers
            {
                Changes = { new MemberChange { Action = Action.Add, Id = "d", PeerAddress = "d:12000" } },
            },
        });
        world.Run(1);
        world.Disk.IsHeld = false;
        world.Disk.Run();
        ulong write = world.Send(new Request { Write = SessionWorld.Set("k", "v") });
        world.RunUntil(() => world.Answer(change) is not null && world.Answer(write) is not null);
        Assert.Equal((Code.Ok, Code.Ok), (world.Answer(write)!.Code, world.Answer(change)!.Code));
        Assert.Equal(world.Answer(write)!.Index + 1, world.Replica.Node.ConfigurationIndex.Value);
    }

    private void Ask()
    {
        if (!_desk.Postpones(Ask, answer => _answer = answer))
            _desk.Change(RemoveC, answer => _answer = answer);
    }
}
