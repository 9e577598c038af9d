using System.Text.Json.Nodes;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Tests.Backup;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.ClientProgram;

public sealed class RestoreCommandTests : IDisposable
{
    private readonly ProgramRun _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_lost_majority_is_never_given_up_by_accident()
    {
        MakeReplica("old");
        _program.Set("CHORUS_I_ACCEPT_DATA_LOSS", "true");
        Assert.Equal(ExitCodes.Usage, _program.Run("force-recovery", "old", "-data", "new", "-id", "n0"));
        Assert.Contains("acknowledged writes may be lost", _program.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_program.Folder, "new")));
        Assert.Equal(
            ExitCodes.Ok,
            _program.Run("force-recovery", "old", "-data", "new", "-id", "n0", "-i-accept-data-loss", "-o", "json"));
        Assert.Equal("n0", (string?)JsonNode.Parse(_program.Out)!["member"]);
        Assert.Equal("n0", NodeNameIn("new"));
    }

    [Fact]
    public void A_dry_run_verifies_and_makes_nothing()
    {
        MakeReplica("old");
        Assert.Equal(ExitCodes.Ok, _program.Run("force-recovery", "old", "-data", "new", "-id", "n0", "-dry-run"));
        Assert.Contains("verified", _program.Out, StringComparison.Ordinal);
        Assert.Contains("nothing was made", _program.Out, StringComparison.Ordinal);
        Assert.Equal(["old"], Directory.GetDirectories(_program.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public void What_cannot_be_restored_is_said_with_the_cure()
    {
        MakeReplica("old");
        Assert.Equal(ExitCodes.Failed, _program.Run("restore", "nowhere", "-data", "new", "-id", "n0"));
        Assert.Contains("There is no folder", _program.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failed, _program.Run("restore", "old", "-data", "old", "-id", "n0"));
        Assert.Contains("not empty", _program.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failed, _program.Run("restore", "old", "-data", "new", "-id", "n0"));
        Assert.Contains("data directory of a replica", _program.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, _program.Run("restore", "old", "-data", "new", "-id", "no name"));
        Assert.Equal(ExitCodes.Usage, _program.Run("restore", "old", "-id", "n0"));
        Assert.Equal(ExitCodes.Usage, _program.Run("restore", "old", "-data", "", "-id", "n0"));
        Assert.Contains("-data is missing", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replica_that_runs_is_no_survivor()
    {
        using var replica = new RunningReplica("a", Path.Combine(_program.Folder, "old"));
        BackupTests.WaitForLeader(replica);
        Assert.Equal(
            ExitCodes.Failed,
            _program.Run("force-recovery", "old", "-data", "new", "-id", "n0", "-i-accept-data-loss"));
        Assert.Contains("is in use", _program.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_program.Folder, "new")));
    }

    private void MakeReplica(string name)
    {
        using var replica = new RunningReplica("a", Path.Combine(_program.Folder, name));
        BackupTests.WaitForLeader(replica);
    }

    private string NodeNameIn(string name) =>
        LogFolder.Open(Path.Combine(_program.Folder, name)).Identity!.NodeId;
}
