using System.Globalization;
using System.Text.Json.Nodes;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Recovery;
using Chorus.Tests.Log;

namespace Chorus.Tests.Recovery;

public sealed class RecoveryProcessTests : IDisposable
{
    private const int Commands = 20_000;

    private readonly ZmqContext _context = new();

    public void Dispose() => _context.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_state_of_the_sources_is_installed(int count)
    {
        ServedLog[] sources = [.. Enumerable.Range(0, count).Select(_ => new ServedLog(_context, Commands))];
        JsonObject answer = Recover(sources);
        Assert.Equal(Digest(sources[0]), (string?)answer["digest"]);
        Assert.Equal(sources[0].Last.Value, (ulong)answer["last_index"]!);
        Assert.Equal(sources[0].State.Count, (int)answer["keys"]!);
        Assert.Equal(Commands, (int)answer["commands"]!);
        Assert.Contains("-servers", (string?)answer["not_compared_because"]);
        Close(sources);
    }

    [Fact]
    public void The_first_four_lines_are_four_numbers()
    {
        using var source = new ServedLog(_context, 100);
        using var output = new StringWriter();
        var options = new RecoveryOptions { Sources = [source.Address], Quiet = true };
        Assert.Equal(ExitCodes.Ok, RecoveryProcess.Run(options, output, CancellationToken.None));
        string[] lines = output.ToString().Split('\n');
        Assert.All(lines[..4], line => Assert.True(long.Parse(line, CultureInfo.InvariantCulture) > 0));
        Assert.Equal("100", lines[3]);
        Assert.Equal("", lines[4]);
    }

    [Fact]
    public void A_source_that_dies_in_the_middle_is_no_loss_while_another_one_lives()
    {
        ServedLog[] sources =
            [new ServedLog(_context, Commands, diesAfterBytes: 1 << 20), new ServedLog(_context, Commands)];
        Assert.Equal(Digest(sources[1]), (string?)Recover(sources)["digest"]);
        Close(sources);
    }

    [Fact]
    public void Compacted_it_is_the_same_state_in_fewer_bytes()
    {
        using var source = new ServedLog(_context, Commands);
        JsonObject whole = Recover([source]);
        JsonObject compact = Recover([source], options => options with { Compact = true });
        Assert.Equal((string?)whole["digest"], (string?)compact["digest"]);
        Assert.Equal(ServedLog.Keys, (int)compact["commands"]!);
        Assert.True((long)compact["bytes"]! * 10 < (long)whole["bytes"]!);
    }

    [Fact]
    public void A_range_is_received_and_not_compared()
    {
        using var source = new ServedLog(_context, Commands);
        JsonObject answer = Recover([source], options => options with { From = 501, To = 600 });
        Assert.Equal((501, 600, 100), ((int)answer["first_index"]!, (int)answer["last_index"]!,
            (int)answer["commands"]!));
        Assert.Null(answer["equal"]);
        Assert.Contains("before index 501 were not received", (string?)answer["not_compared_because"]);
    }

    [Fact]
    public void A_data_directory_holds_the_whole_log()
    {
        using var source = new ServedLog(_context, Commands);
        using var folder = new TemporaryDirectory();
        string path = Path.Combine(folder.Path, "new");
        Recover([source], options => options with { OutDirectory = path, NodeName = "node7" });
        using NodeDirectory directory = NodeDirectory.Open(path, "node7");
        using RecordLog log = RecordLog.Open(
            directory.Storage, new InlineDiskExecutor(), new LogOptions(), directory.ClusterId);
        Assert.Equal(source.Last, log.LastIndex);
        Assert.Equal(source.Last, log.Recovered.HardState.Commit);
    }

    [Fact]
    public void Sources_of_two_clusters_are_refused()
    {
        ServedLog[] sources = [new ServedLog(_context, 10), new ServedLog(_context, 10, Guid.NewGuid())];
        Assert.Equal("wrong_cluster", Assert.Throws<ChorusException>(() => Recover(sources)).Code);
        Close(sources);
    }

    [Fact]
    public void An_end_beyond_the_sources_is_refused()
    {
        using var source = new ServedLog(_context, 10);
        ChorusException error = Assert.Throws<ChorusException>(
            () => Recover([source], options => options with { To = 11 }));
        Assert.Contains("the newest index of the sources is 10", error.Message);
    }

    [Fact]
    public void Nobody_at_the_address_is_unreachable()
    {
        HostEndpoint free;
        using (var source = new ServedLog(_context, 1))
            free = source.Address;
        ChorusException error = Assert.Throws<ChorusException>(() => RecoveryProcess.Run(
            new RecoveryOptions { Sources = [free], Quiet = true }, TextWriter.Null, CancellationToken.None));
        Assert.Equal(ExitCodes.Unreachable, error.ExitCode);
        Assert.Contains(free.ToString(), error.Message);
    }

    private static void Close(ServedLog[] sources)
    {
        foreach (ServedLog source in sources)
            source.Dispose();
    }

    private static string Digest(ServedLog source) =>
        source.State.Digest.ToString("x16", CultureInfo.InvariantCulture);

    private static JsonObject Recover(ServedLog[] sources, Func<RecoveryOptions, RecoveryOptions>? change = null)
    {
        var options = new RecoveryOptions
        {
            Sources = [.. sources.Select(source => source.Address)],
            Json = true,
            Quiet = true,
        };
        using var output = new StringWriter();
        Assert.Equal(
            ExitCodes.Ok, RecoveryProcess.Run(change?.Invoke(options) ?? options, output, CancellationToken.None));
        return JsonNode.Parse(output.ToString())!.AsObject();
    }
}
