using System.Text.Json.Nodes;
using Chorus.Client.Commands;
using Chorus.Common.Protocol;

namespace Chorus.Tests.ClientProgram;

public sealed class CommandTests : IDisposable
{
    private readonly ProgramRun _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void What_was_set_is_printed_with_a_newline_and_nothing_else()
    {
        Assert.Equal(0, _program.Run("set", "greeting", "good morning"));
        Assert.Equal("OK\n", _program.Out);
        Assert.Equal(0, _program.Run("get", "greeting"));
        Assert.Equal("good morning\n", _program.Out);
        Assert.Equal("", _program.Error);
    }

    [Fact]
    public void A_mistyped_flag_is_no_key()
    {
        Assert.Equal(2, _program.Run("set", "-server", "a"));
        Assert.Contains(
            "unknown flag '-server'; did you mean '-servers'? Write -- before an argument that begins with a hyphen.",
            _program.Error, StringComparison.Ordinal);
        Assert.Equal(0, _program.Run("set", "--", "-server", "a"));
        Assert.Equal(0, _program.Run("get", "--", "-server"));
        Assert.Equal("a\n", _program.Out);
        Assert.Equal(0, _program.Run("incr", "stock", "-10"));
        Assert.Equal(2, _program.Run("get", "-server", ":11000", "key"));
        Assert.Contains("unknown flag '-server'", _program.Error, StringComparison.Ordinal);
        Assert.Equal(2, _program.Run("set", "-server", "--", "a"));
        Assert.Contains("unknown flag '-server'", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_is_no_text_comes_out_byte_by_byte()
    {
        _program.Cluster.Values["k"] = [0xff, 0x00, 0xfe];
        Assert.Equal(0, _program.Run("get", "k"));
        Assert.Equal([0xff, 0x00, 0xfe, (byte)'\n'], _program.OutBytes);
        Assert.Equal(0, _program.Run("get", "k", "-o", "json"));
        Assert.Equal("ff00fe", JsonNode.Parse(_program.Out)!["value_hex"]!.GetValue<string>());
        Assert.Equal(0, _program.Run("get", "-hex", "6b"));
        Assert.Equal("ff00fe\n", _program.Out);
    }

    [Fact]
    public void A_get_says_how_it_is_to_be_answered_and_by_whom()
    {
        _program.Cluster.Values["k"] = [0x76];
        Assert.Equal(0, _program.Run("get", "k"));
        Assert.Equal(0, _program.Run("get", "k", "-reads", "stale", "-from", ":11002"));
        Assert.Equal(
            [new ReadChoice(ReadMode.Server, null), new ReadChoice(ReadMode.Stale, "127.0.0.1:11002")],
            _program.Cluster.Reads);
        Assert.Equal(2, _program.Run("get", "k", "-reads", "fast"));
        Assert.Contains("Use index, lease, log or stale", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_key_fails_a_get_and_not_a_delete()
    {
        Assert.Equal(1, _program.Run("get", "nothing"));
        Assert.Equal("", _program.Out);
        Assert.Contains("there is no key 'nothing'", _program.Error, StringComparison.Ordinal);
        Assert.Equal(0, _program.Run("delete", "nothing"));
        Assert.Equal(0, _program.Run("delete", "nothing", "-o", "json"));
        Assert.False(JsonNode.Parse(_program.Out)!["existed"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData(Code.NotLeader, 3)]
    [InlineData(Code.OutcomeUnknown, 1)]
    [InlineData(Code.TooLarge, 1)]
    [InlineData(Code.DiskFull, 1)]
    public void A_refused_write_has_the_exit_code_of_its_reason(Code code, int exitCode)
    {
        using ProgramRun program = new() { Cluster = new() { Asynchronous = true, Outcome = _ => code } };
        Assert.Equal(exitCode, program.Run("set", "a", "b"));
        Assert.StartsWith("error: refused with", program.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode, program.Run("set", "a", "b", "-o", "json"));
        JsonNode error = JsonNode.Parse(program.Error)!;
        Assert.Equal($"refused with {code}", error["message"]!.GetValue<string>());
        Assert.NotNull(error["code"]);
        Assert.NotNull(error["cure"]);
        Assert.Equal("", program.Out);
    }

    [Theory]
    [InlineData("did you mean '-servers'?", "get", "a", "-severs", ":1")]
    [InlineData("did you mean 'status'?", "stauts")]
    [InlineData("unknown flag '-acked'. Write --", "verify", "-acked", "f")]
    [InlineData("did you mean '-clients'?", "-clinets", "5")]
    [InlineData("no command given", "")]
    [InlineData("there is no format 'xml'", "get", "a", "-o", "xml")]
    [InlineData("is not hexadecimal", "get", "xyz", "-hex")]
    [InlineData("is no port", "get", "a", "-servers", ":99999")]
    [InlineData("-timeout", "get", "a", "-timeout", "soon")]
    [InlineData("KEY", "get")]
    [InlineData("there is no mode 'put-get'", "bench", "-mode", "put-get")]
    [InlineData("-config: there is no file", "load", "-config", "missing.toml")]
    public void A_wrong_command_line_is_exit_code_2_and_says_what_is_wrong(string message, params string[] args)
    {
        Assert.Equal(2, _program.Run([.. args.Where(word => word.Length > 0)]));
        Assert.Contains(message, _program.Error, StringComparison.Ordinal);
        Assert.Equal("", _program.Out);
    }

    [Fact]
    public void Servers_come_from_the_flag_before_the_variable_before_the_file_before_the_default()
    {
        _program.Cluster.Values["a"] = [1];
        Assert.Equal(["127.0.0.1:11000"], Servers("get", "a"));
        _program.WriteConfiguration("svrIps = [\"127.0.0.1:1\", \":2\"]");
        Assert.Equal(["127.0.0.1:1", "127.0.0.1:2"], Servers("get", "a"));
        _program.Set("CHORUS_SERVERS", ":3,:4");
        Assert.Equal(["127.0.0.1:3", "127.0.0.1:4"], Servers("get", "a"));
        Assert.Equal(["127.0.0.1:5"], Servers("get", "a", "-servers=:5"));
        _program.WriteConfiguration("this is no TOML");
        Assert.Equal(["127.0.0.1:5"], Servers("get", "a", "-servers=:5"));
    }

    [Fact]
    public void Every_flag_is_explained_in_the_help_and_in_the_manual()
    {
        string manual = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "client.md"));
        foreach (Chorus.Client.CommandLine.CommandSpec command in Chorus.Client.ClientProgram.Commands(
            new(Chorus.Client.Commands.Terminal.OfProcess(), _program.Cluster.Connect)))
        {
            Assert.Equal(0, _program.Run([.. command.Name.Split(' '), "-help"]));
            Assert.Contains($"## {command.Name}", manual, StringComparison.Ordinal);
            Assert.All(command.Flags, flag =>
            {
                Assert.Contains($"  -{flag.Name} ", _program.Out, StringComparison.Ordinal);
                Assert.Contains($"`-{flag.Name}", manual, StringComparison.Ordinal);
            });
            Assert.All(command.Examples, example =>
                Assert.Contains(example.Line, _program.Out, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Lines_of_the_repl_run_one_by_one_and_the_worst_failure_decides()
    {
        const string lines = """
            set "two words" 'x "y"'
            get 'two words'
            # a comment

            set-short-a-b
            get-short
            get missing
            exit
            get never
            """;
        Assert.Equal(1, _program.RunWithInput(lines, "repl"));
        Assert.Equal("OK\nx \"y\"\nOK\na-b\n", _program.Out);
        Assert.DoesNotContain("chorus>", _program.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("never", _program.Error, StringComparison.Ordinal);
        Assert.Equal(2, _program.RunWithInput("get missing\nhlep\nget 'open\n", "repl"));
        Assert.Contains("Did you mean 'help'?", _program.Error, StringComparison.Ordinal);
        Assert.Contains("is not closed", _program.Error, StringComparison.Ordinal);
        Assert.Equal(0, _program.RunWithInput("", "repl"));
    }

    [Fact]
    public void The_repl_answers_in_JSON_lines_when_asked_to()
    {
        Assert.Equal(1, _program.RunWithInput("set a 1\nget a\nget b\n", "repl", "-o", "json"));
        string[] lines = _program.Out.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Equal("1", JsonNode.Parse(lines[1])!["value"]!.GetValue<string>());
        Assert.Equal("not_found", JsonNode.Parse(_program.Error)!["code"]!.GetValue<string>());
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Chorus.slnx")))
            folder = folder.Parent;
        return Assert.IsType<DirectoryInfo>(folder).FullName;
    }

    private IReadOnlyList<string> Servers(params string[] args)
    {
        Assert.Equal(0, _program.Run(args));
        return _program.Cluster.Connections[^1];
    }
}
