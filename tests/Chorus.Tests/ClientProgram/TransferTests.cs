using System.Text.Json.Nodes;
using Chorus.Common.Client;
using Chorus.Common.Protocol;

namespace Chorus.Tests.ClientProgram;

public sealed class TransferTests : IDisposable
{
    private readonly ProgramRun _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void Transfer_leader_says_who_leads_then()
    {
        Assert.Equal(0, _program.Run("transfer-leader", "node1"));
        Assert.Equal("node1 leads\n", _program.Out);
    }

    [Fact]
    public void Without_a_name_the_cluster_chooses()
    {
        Assert.Equal(0, _program.Run("transfer-leader", "-o", "json"));
        Assert.Equal("node2", JsonNode.Parse(_program.Out)!["leader"]!.GetValue<string>());
    }

    [Fact]
    public void A_refusal_is_exit_code_1_with_cause_and_cure()
    {
        _program.Cluster.TransferRefusal =
            new ClientResult(Code.Refused, default, 0, "no other voter answers the leader", "Start it");
        Assert.Equal(1, _program.Run("transfer-leader", "-o", "json"));
        JsonNode error = JsonNode.Parse(_program.Error)!;
        Assert.Equal("refused", error["code"]!.GetValue<string>());
        Assert.Equal("Start it", error["cure"]!.GetValue<string>());
    }
}
