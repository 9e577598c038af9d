using System.Text.Json.Nodes;
using Chorus.Common.Client;
using Chorus.Common.Protocol;

namespace Chorus.Tests.ClientProgram;

public sealed class MemberTests : IDisposable
{
    private readonly ProgramRun _program = new();

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData("remove", MemberChange.Types.Action.Remove)]
    [InlineData("replace", MemberChange.Types.Action.Replace)]
    [InlineData("promote", MemberChange.Types.Action.Promote)]
    [InlineData("demote", MemberChange.Types.Action.Demote)]
    public void Several_members_are_changed_in_one_request(string word, MemberChange.Types.Action action)
    {
        Assert.Equal(0, _program.Run("members", word, "node2,node3"));
        Assert.Equal("members are a (voter)\n", _program.Out);
        Assert.Equal(
            [(action, "node2"), (action, "node3")],
            _program.Cluster.Changes.Select(change => (change.Action, change.Id)));
    }

    [Fact]
    public void A_node_is_added_by_its_name_and_address()
    {
        Assert.Equal(0, _program.Run("members", "add", "node3", ":12003", "-o", "json"));
        MemberChange change = Assert.Single(_program.Cluster.Changes);
        Assert.Equal(("node3", "127.0.0.1:12003"), (change.Id, change.PeerAddress));
        Assert.Equal("a (voter)", JsonNode.Parse(_program.Out)!["members"]!.GetValue<string>());
        Assert.Equal(2, _program.Run("members", "add", "node3", "nowhere"));
    }

    [Theory]
    [InlineData(Code.Refused, 1)]
    [InlineData(Code.NotFound, 1)]
    [InlineData(Code.NotLeader, 3)]
    public void A_refusal_says_why_and_what_to_do(Code code, int exitCode)
    {
        _program.Cluster.ChangeRefusal = new ClientResult(code, default, 0, "only a would answer", "Start b first");
        Assert.Equal(exitCode, _program.Run("members", "remove", "node2", "-o", "json"));
        JsonNode error = JsonNode.Parse(_program.Error)!;
        Assert.Equal("only a would answer", error["message"]!.GetValue<string>());
        Assert.Equal("Start b first", error["cure"]!.GetValue<string>());
    }

    [Fact]
    public void The_list_says_what_a_learner_waits_for()
    {
        Status status = new() { Id = "node0", Role = "leader", Leader = "node0", Term = 2 };
        status.Members.Add(new MemberStatus
        {
            Member = new Member { Id = "node0", Kind = Member.Types.Kind.Voter, PeerAddress = "127.0.0.1:12000" },
            RecentlyActive = true,
        });
        status.Members.Add(new MemberStatus
        {
            Member = new Member { Id = "node3", Kind = Member.Types.Kind.Learner, PeerAddress = "127.0.0.1:12003" },
            LagEntries = 5000,
            WaitsFor = "5000 entries behind, votes at 1000",
        });
        _program.Cluster.Statuses["127.0.0.1:11000"] = status;
        Assert.Equal(0, _program.Run("members", "list"));
        Assert.Matches(@"node0 +voter +yes +0 +127\.0\.0\.1:12000 +- +leads\n", _program.Out);
        Assert.Matches(@"node3 +learner +no +5000 .* waits: 5000 entries behind, votes at 1000\n", _program.Out);
        Assert.Equal(0, _program.Run("status"));
        Assert.Contains("node3 does not vote yet: 5000 entries behind", _program.Out, StringComparison.Ordinal);
        Assert.Equal(0, _program.Run("members", "list", "-o", "json"));
        JsonNode learner = JsonNode.Parse(_program.Out)!["members"]![1]!;
        Assert.Equal("5000 entries behind, votes at 1000", learner["waits_for"]!.GetValue<string>());
    }

    [Fact]
    public void Without_a_leader_the_list_is_exit_code_3() => Assert.Equal(3, _program.Run("members", "list"));
}
