using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Chorus.Client.Settings;
using Chorus.Common.Protocol;

namespace Chorus.Tests.ClientProgram;

public sealed class LoadCommandTests : IDisposable
{
    private const string Small = "[load]\nclients = 4\nrequests = 2000\nkeys = 100\nvalueBytes = 64\n";

    private readonly ProgramRun _program = new();

    public LoadCommandTests() => _program.WriteConfiguration(Small);

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData("-config=client-config.toml")]
    [InlineData("load")]
    public void The_load_in_the_file_runs_with_and_without_its_name(string how)
    {
        Assert.Equal(0, _program.Run(how));
        Assert.Contains("operations                     2,000", _program.Out, StringComparison.Ordinal);
        Assert.Contains("p99.9", _program.Out, StringComparison.Ordinal);
        Assert.Equal("", _program.Error);
        Assert.Single(Directory.GetDirectories(Path.Combine(_program.Folder, "runs")));
    }

    [Fact]
    public void Every_setting_of_a_load_has_its_flag()
    {
        Assert.Equal(0, _program.Run("load", "-help"));
        Assert.All(
            LoadSettingSpecs.All,
            setting => Assert.Contains($"  -{setting.Flag} ", _program.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_leaves_a_folder_with_everything_about_it()
    {
        Assert.Equal(0, _program.Run("load", "-log", "out", "-seed", "42", "-reads", "0.5", "-rate", "20000"));
        JsonNode run = JsonNode.Parse(Read("run.json"))!;
        Assert.Equal(42, run["seed"]!.GetValue<int>());
        Assert.Equal(2000, run["results"]!["operations"]!.GetValue<int>());
        Assert.Equal("-seed", run["settings"]!["load.seed"]!["from"]!.GetValue<string>());
        Assert.Equal("client-config.toml:2:11", run["settings"]!["load.clients"]!["from"]!.GetValue<string>());
        Assert.NotNull(run["machine"]!["kernel"]);
        string[] rows = Read("throughput.csv").TrimEnd().Split('\n')[1..];
        Assert.Equal(2000, rows.Sum(row => long.Parse(row.Split(',')[2], CultureInfo.InvariantCulture)));
        foreach (string name in (string[])["throughput.svg", "latency.svg", "latency-over-time.svg"])
            Assert.Equal("svg", XDocument.Parse(Read(name)).Root!.Name.LocalName);
        Assert.Contains("#[Max     =", Read("latency.hgrm"), StringComparison.Ordinal);
        Assert.Contains("#[Max     =", Read("response.hgrm"), StringComparison.Ordinal);
        string page = Read("index.html");
        Assert.Contains("</svg>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_are_JSON_when_asked_for()
    {
        Assert.Equal(0, _program.Run("load", "-o", "json"));
        Assert.Equal(2000, JsonNode.Parse(_program.Out)!["operations"]!.GetValue<int>());
    }

    [Fact]
    public void Failures_make_exit_code_1_unless_they_are_tolerated()
    {
        using ProgramRun program = Failing(Code.OutcomeUnknown);
        Assert.Equal(1, program.Run("load", "-req", "300"));
        Assert.Contains("OUTCOME_UNKNOWN", program.Out, StringComparison.Ordinal);
        Assert.Contains("operations failed", program.Error, StringComparison.Ordinal);
        Assert.Equal(0, program.Run("load", "-req", "300", "-tolerate", "outcome_unknown"));
        Assert.Contains("(tolerated)", program.Out, StringComparison.Ordinal);
        Assert.Equal(1, program.Run("load", "-req", "300", "-tolerate", "OVERLOADED"));
        Assert.Equal(2, program.Run("load", "-tolerate", "OVERLODED"));
        Assert.Contains("Did you mean 'OVERLOADED'?", program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_but_missing_leaders_is_exit_code_3()
    {
        using ProgramRun program = new() { Cluster = new() { Asynchronous = true, Outcome = _ => Code.NotLeader } };
        Assert.Equal(3, program.Run("load", "-req", "20", "-clients", "4"));
    }

    [Fact]
    public void What_was_acknowledged_is_verified_and_a_loss_is_exit_code_4()
    {
        Assert.Equal(0, _program.Run("load", "-acked", "acked.txt"));
        Assert.Equal(0, _program.Run("verify", "acked.txt"));
        Assert.Matches(@"^\d+ keys: 0 lost, 0 wrong\n$", _program.Out);
        _program.Cluster.Values.TryRemove(_program.Cluster.Values.Keys.First(), out _);
        Assert.Equal(4, _program.Run("verify", "acked.txt"));
        Assert.Contains("is gone; write", _program.Out, StringComparison.Ordinal);
        Assert.Contains("1 acknowledged writes are lost", _program.Error, StringComparison.Ordinal);
        Assert.Equal(4, _program.Run("verify", "acked.txt", "-o", "json"));
        Assert.Equal(1, JsonNode.Parse(_program.Out)!["lost"]!.GetValue<int>());
        Assert.Equal(1, _program.Run("verify", "nothing.txt"));
    }

    [Fact]
    public void With_an_account_of_every_write_unknown_outcomes_are_tolerated()
    {
        using ProgramRun program = Failing(Code.OutcomeUnknown);
        Assert.Equal(0, program.Run("load", "-req", "300", "-size", "64", "-acked", "acked.txt"));
        Assert.Equal(0, program.Run("verify", "acked.txt"));
        Assert.Matches(@"\(0 unknown writes were applied, \d+ were not\)", program.Out);
    }

    [Theory]
    [InlineData("put")]
    [InlineData("get")]
    public void A_bench_prints_the_edges_of_its_window_and_one_line_of_JSON(string mode)
    {
        string[] command = ["bench", "-c", "3", "-mode", mode, "-warm", "0.05", "-dur", "0.2", "-addrs", ":1"];
        Assert.Equal(0, _program.Run(command));
        string[] lines = _program.Out.TrimEnd().Split('\n');
        Assert.Equal(["BEGIN", "END"], lines[..2]);
        JsonNode result = JsonNode.Parse(lines[2])!;
        Assert.True(result["ops"]!.GetValue<long>() > 0);
        foreach (string name in (string[])["secs", "ops_s", "p50_us", "p99_us", "max_us", "errs", "last_err", "stuck"])
            Assert.NotNull(result[name]);
        Assert.StartsWith("key0", _program.Cluster.Values.Keys.First(), StringComparison.Ordinal);
        Assert.Equal(3, _program.Cluster.Connections.Count);
    }

    private static ProgramRun Failing(Code code)
    {
        FakeCluster cluster = new() { Asynchronous = true, Outcome = number => number % 50 == 0 ? code : Code.Ok };
        ProgramRun program = new() { Cluster = cluster };
        program.WriteConfiguration("[load]\nclients = 2\nkeys = 20\n");
        return program;
    }

    private string Read(string name) => File.ReadAllText(Path.Combine(_program.Folder, "out", name));
}
