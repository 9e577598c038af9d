using System.Text;
using System.Text.Json.Nodes;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Common.Recovery;
using Chorus.Recovery;
using Chorus.Tests.Log;

namespace Chorus.Tests.Recovery;

public sealed class RecoveryOfReplicasTests : IDisposable
{
    private static readonly Preload Base = new(50, 20);

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_state_equals_the_replicas_and_a_new_replica_starts_from_the_directory()
    {
        using var first = new RunningReplica("a", Folder("a"), preload: Base);
        await WriteAsync(first, 300);
        JsonObject answer = Recover(first, options => options with { OutDirectory = Folder("b"), NodeName = "b" });
        Assert.True((bool)answer["equal"]!);
        Assert.Equal("a", (string?)answer["compared_with"]![0]);
        ulong reached = (ulong)answer["last_index"]!;

        using var second = new RunningReplica("b", Folder("b"), join: first, preload: Base);
        await WriteAsync(first, 10);
        await UntilAsync(
            second, status => status.Role == "follower" && status.AppliedIndex > reached, "it votes and applies");
        Assert.True((bool)Recover(second)["equal"]!);
    }

    [Fact]
    public async Task Deletes_of_what_was_there_from_the_start_are_not_lost_in_a_compacted_log()
    {
        using var only = new RunningReplica("a", Folder("a"), preload: Base);
        await WriteAsync(only, 20);
        Assert.True((bool)Recover(only, options => options with { Compact = true })["equal"]!);
    }

    [Fact]
    public async Task A_file_of_slots_is_recovered_from_the_log_and_from_its_image_while_it_is_written_to()
    {
        using var only = new RunningReplica("a", Folder("a"), slots: new SlotGeometry(4096, 512));
        await WriteAsync(only, 300);
        Assert.True((bool)Recover(only)["equal"]!);
        Task writing = WriteAsync(only, 1_000);
        JsonObject answer;
        do
        {
            answer = Recover(only, options => options with { Image = true });
            Assert.True((bool)answer["equal"]!, answer.ToJsonString());
            Assert.True((long)answer["image_bytes"]! >= 200 * 512);
        }
        while (!writing.IsCompleted);
        await writing;
        answer = Recover(only, options => options with { Image = true });
        Assert.Equal(800, (int)answer["keys"]!);
        Assert.InRange((int)answer["records"]!, 0, 100);
    }

    [Fact]
    public async Task An_image_of_a_store_in_memory_is_refused()
    {
        using var only = new RunningReplica("a", Folder("a"));
        await WriteAsync(only, 1);
        ChorusException error = Assert.Throws<ChorusException>(
            () => Recover(only, options => options with { Image = true }));
        Assert.Equal("not_served", error.Code);
    }

    [Fact]
    public async Task A_state_that_differs_is_exit_code_4()
    {
        using var only = new RunningReplica("a", Folder("a"));
        await WriteAsync(only, 20);
        Status status = await UntilAsync(only, status => status.AppliedIndex > 20, "it applies");
        // The replica holds what its log says, so a false digest stands for a replica that does not.
        Status other = status.Clone();
        other.Digest = "0123456789abcdef";
        var digests = new ReplicaDigests(() => [other]);
        Comparison comparison = digests.Choose(new(status.AppliedIndex), null, default);
        RecoveryResult result = Result(status.Digest, comparison);
        Assert.False(result.IsEqual);
        Assert.Contains("DIFFERENT: a had 0123456789abcdef", RecoveryReport.Text(result, OptionsFor(only)));
        Assert.Equal(ExitCodes.CheckFailed, RecoveryProcess.ExitCodeOf(result));
    }

    private static RecoveryResult Result(string digest, Comparison comparison) => new()
    {
        Transfer = TimeSpan.FromSeconds(1),
        Install = TimeSpan.FromSeconds(1),
        Wall = TimeSpan.FromSeconds(1),
        Bytes = 1,
        Commands = 1,
        Records = 1,
        First = new(1),
        Last = comparison.Index,
        ClusterId = Guid.Empty,
        Keys = 1,
        Digest = digest,
        Comparison = comparison,
        Sources = [],
    };

    private static RecoveryOptions OptionsFor(RunningReplica source) => new()
    {
        Sources = [source.Transfer],
        Servers = [source.Client],
        Json = true,
        Quiet = true,
    };

    private static JsonObject Recover(
        RunningReplica source, Func<RecoveryOptions, RecoveryOptions>? change = null)
    {
        RecoveryOptions options = OptionsFor(source);
        using var output = new StringWriter();
        int code = RecoveryProcess.Run(change?.Invoke(options) ?? options, output, CancellationToken.None);
        Assert.True(code == ExitCodes.Ok, output.ToString());
        return JsonNode.Parse(output.ToString())!.AsObject();
    }

    private static async Task WriteAsync(RunningReplica replica, int keys)
    {
        await using var client = new ChorusClient(new ChorusClientOptions { Servers = [replica.Client.ToString()] });
        var store = new KvClient(client);
        for (int i = 0; i < keys; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes(i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            ClientResult result = i % 5 == 4 ? await store.DeleteAsync(key) : await store.SetAsync(key, new byte[100]);
            Assert.True(result.IsSuccess, result.Message);
        }
    }

    private static async Task<Status> UntilAsync(RunningReplica replica, Func<Status, bool> condition, string what)
    {
        await using var client = new ChorusClient(new ChorusClientOptions { Servers = [replica.Client.ToString()] });
        long deadline = Environment.TickCount64 + 20_000;
        while (true)
        {
            Status? status = await client.StatusAsync(replica.Client.ToString());
            if (status is not null && condition(status))
                return status;
            Assert.True(Environment.TickCount64 < deadline, $"waited twenty seconds until {what}");
        }
    }

    private string Folder(string name) => Path.Combine(_folder.Path, name);
}
