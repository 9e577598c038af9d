using System.Globalization;
using System.Text;
using Chorus.Common.Client;
using Chorus.Common.Protocol;
using Chorus.Tests.Log;

namespace Chorus.Tests.Recovery;

public sealed class DamagedReplicaTests : IDisposable
{
    private const int Keys = 200;

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_replica_with_a_damaged_segment_says_so_and_repairs_it_from_the_others()
    {
        var a = new RunningReplica("a", Folder("a"));
        await WriteAsync(a, 1);
        var b = new RunningReplica("b", Folder("b"), a);
        var c = new RunningReplica("c", Folder("c"), a);
        await UntilAsync(a, status => status.Members.Count(IsVoter) == 3, "all three vote");
        await WriteAsync(a, Keys);
        await UntilAsync(c, status => status.AppliedIndex > Keys, "c has applied it");
        foreach (RunningReplica replica in new[] { c, b, a })
            replica.Dispose();
        SegmentVandal.FlipInTheMiddle(Folder("c"));

        using var damaged = new RunningReplica("c", Folder("c"), endpoints: c.Endpoints);
        Status said = await UntilAsync(damaged, status => status.Role == "repairing", "c says what it does");
        Assert.Contains("records ", said.Repair, StringComparison.Ordinal);
        Assert.Contains("segment-", said.Repair, StringComparison.Ordinal);
        Assert.Equal(3, said.Members.Count);

        using var one = new RunningReplica("a", Folder("a"), endpoints: a.Endpoints);
        using var two = new RunningReplica("b", Folder("b"), endpoints: b.Endpoints);
        Status whole = await UntilAsync(
            damaged, status => status.Role is "follower" or "leader" && status.AppliedIndex > Keys
                && status.Leader.Length > 0, "c takes part again");
        Assert.Empty(whole.Repair);
        await WriteAsync(one, 5);
        Status other = await UntilAsync(one, status => status.AppliedIndex > whole.AppliedIndex, "a applies");
        await UntilAsync(
            damaged, status => status.AppliedIndex >= other.AppliedIndex && status.Digest == other.Digest,
            "both hold the same");
    }

    private static bool IsVoter(MemberStatus member) => member.Member.Kind == Member.Types.Kind.Voter;

    private static async Task WriteAsync(RunningReplica replica, int keys)
    {
        await using var client = new ChorusClient(new ChorusClientOptions { Servers = [replica.Client.ToString()] });
        var store = new KvClient(client);
        for (int i = 0; i < keys; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture));
            ClientResult result = await store.SetAsync(key, new byte[100]);
            Assert.True(result.IsSuccess, result.Message);
        }
    }

    private static async Task<Status> UntilAsync(RunningReplica replica, Func<Status, bool> condition, string what)
    {
        await using var client = new ChorusClient(new ChorusClientOptions { Servers = [replica.Client.ToString()] });
        long deadline = Environment.TickCount64 + 30_000;
        while (true)
        {
            Status? status = await client.StatusAsync(replica.Client.ToString());
            if (status is not null && condition(status))
                return status;
            Assert.True(Environment.TickCount64 < deadline, $"waited thirty seconds until {what}: {status}");
        }
    }

    private string Folder(string name) => Path.Combine(_folder.Path, name);
}
