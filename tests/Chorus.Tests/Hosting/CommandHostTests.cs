using System.CommandLine;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Toml;
using Chorus.Raft;

namespace Chorus.Tests.Hosting;

public sealed class CommandHostTests
{
    private readonly FlagOption<string?> _name = Flag.Text("hostname-of-test", "NAME", "a name", "nobody");
    private readonly FlagOption<bool> _memory = Flag.Switch("inmem-of-test", "keep it in memory");
    private readonly FlagOption<int> _count = Flag.Integer("count-of-test", "N", "how many", 5, 1, 10);
    private readonly FlagOption<IReadOnlyList<HostPeer>> _peers =
        Flag.List("peer-of-test", "ID=HOST:PORT", "a peer", HostPeer.Parse);
    private readonly FlagOption<HostEndpoint?> _port = Flag.Endpoint("port-of-test", "where", ":11000");

    [Theory]
    [InlineData("-hostname-of-test", "x")]
    [InlineData("-hostname-of-test=x")]
    [InlineData("--hostname-of-test", "x")]
    [InlineData("--hostname-of-test=x")]
    public void A_flag_is_written_with_one_or_two_hyphens_and_with_or_without_an_equals_sign(params string[] args)
    {
        (int code, _, string error) = Run(parsed => Assert.Equal("x", parsed.GetValue(_name)), args);
        Assert.Equal((0, ""), (code, error));
    }

    [Fact]
    public void Values_are_read_with_their_types()
    {
        string[] args =
        [
            "-inmem-of-test", "-count-of-test=7", "-peer-of-test", "n1=:12001", "--peer-of-test=n2=:12002",
            "-port-of-test=[::1]:80", "-hostname-of-test", "@file",
        ];
        (int code, _, string error) = Run(
            parsed =>
            {
                Assert.True(parsed.GetValue(_memory));
                Assert.Equal(7, parsed.GetValue(_count));
                Assert.Equal("n1=127.0.0.1:12001 n2=127.0.0.1:12002", string.Join(' ', parsed.GetValue(_peers)!));
                Assert.Equal("[::1]:80", parsed.GetValue(_port).ToString());
                Assert.Equal("@file", parsed.GetValue(_name));
            },
            args);
        Assert.Equal((0, ""), (code, error));
    }

    [Fact]
    public void What_the_command_line_does_not_give_comes_from_the_environment_and_then_from_the_default()
    {
        Run(parsed => Assert.Equal(
            ("nobody", false, 5, 0, "127.0.0.1:11000"),
            (parsed.GetValue(_name), parsed.GetValue(_memory), parsed.GetValue(_count),
                parsed.GetValue(_peers)!.Count, parsed.GetValue(_port).ToString())));
        using var variables = new Variables(
            ("CHORUS_HOSTNAME_OF_TEST", "env"), ("CHORUS_INMEM_OF_TEST", "1"), ("CHORUS_COUNT_OF_TEST", "9"),
            ("CHORUS_PEER_OF_TEST", "a=:1, b=:2"), ("CHORUS_PORT_OF_TEST", ":7"));
        Assert.Equal(0, Run(parsed => Assert.Equal(
            ("env", true, 9, 2, "127.0.0.1:7"),
            (parsed.GetValue(_name), parsed.GetValue(_memory), parsed.GetValue(_count),
                parsed.GetValue(_peers)!.Count, parsed.GetValue(_port).ToString()))).Code);
        Run(parsed => Assert.Equal("flag", parsed.GetValue(_name)), "-hostname-of-test", "flag");
        Run(parsed => Assert.False(parsed.GetValue(_memory)), "-inmem-of-test=false");
    }

    [Fact]
    public void A_variable_that_makes_no_sense_is_refused()
    {
        using (new Variables(("CHORUS_INMEM_OF_TEST", "perhaps")))
            Assert.Contains("neither true nor false", Run(_ => { }).Error, StringComparison.Ordinal);
        using var variables = new Variables(("CHORUS_COUNT_OF_TEST", "many"));
        (int code, _, string error) = Run(parsed => parsed.GetValue(_count));
        Assert.Equal(2, code);
        Assert.Contains("'many' is no number from 1 to 10", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown flag '-hostnme-of-test'; did you mean '-hostname-of-test'?", "-hostnme-of-test", "x")]
    [InlineData("unknown flag '--hostnme-of-test'; did you mean '-hostname-of-test'?", "--hostnme-of-test=x")]
    [InlineData("unknown flag '-hepl'; did you mean '-help'?", "-hepl")]
    [InlineData("unknown flag '-hjion'", "-hjion")]
    [InlineData("unknown flag '-zzzzzzzzz'. See", "-zzzzzzzzz")]
    [InlineData("unexpected argument 'x'", "x")]
    [InlineData("-hostname-of-test needs a value: -hostname-of-test NAME", "-hostname-of-test")]
    [InlineData("-count-of-test: '11' is no number from 1 to 10", "-count-of-test", "11")]
    [InlineData("-count-of-test: '1x' is no number", "-count-of-test=1x")]
    [InlineData("-port-of-test: 'x' is no endpoint", "-port-of-test", "x")]
    [InlineData("-peer: '' is no node name", "-peer-of-test", "=:1")]
    [InlineData("'perhaps'", "-inmem-of-test=perhaps")]
    public void A_wrong_command_line_ends_with_exit_code_2_and_says_what_is_wrong(
        string expected, params string[] args)
    {
        (int code, string output, string error) = Run(_ => Assert.Fail("The command must not run."), args);
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Equal("", output);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains("-help.", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("-help")]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-hostname-of-test=x", "-help")]
    public void Help_shows_flags_defaults_and_examples(params string[] args)
    {
        (int code, string output, string error) = Run(_ => Assert.Fail("The command must not run."), args);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("-hostname-of-test NAME", output, StringComparison.Ordinal);
        Assert.Contains("a name (default nobody)", output, StringComparison.Ordinal);
        Assert.Contains("-port-of-test HOST:PORT", output, StringComparison.Ordinal);
        Assert.Contains("# shows how", output, StringComparison.Ordinal);
        Assert.DoesNotContain(output.Split('\n'), line => line.Length > 100);
    }

    [Fact]
    public void The_version_is_shown()
    {
        (int code, string output, _) = Run(_ => { }, "-version");
        Assert.Equal(0, code);
        Assert.Matches(@"^\S+ \d+\.\d+\.\d+", output);
    }

    [Fact]
    public void A_missing_or_misspelt_command_is_explained()
    {
        var root = new RootCommand("Does things.");
        var status = new Command("status", "Shows things.");
        status.SetAction((_, _) => 0);
        root.Add(status);
        Assert.Equal((0, "", ""), Run(root, "status"));
        (int code, _, string error) = Run(root, "statsu");
        Assert.Equal(2, code);
        Assert.Contains("unknown command 'statsu'; did you mean 'status'?", error, StringComparison.Ordinal);
        (code, _, error) = Run(root);
        Assert.Equal(2, code);
        Assert.Contains("a command is missing: status", error, StringComparison.Ordinal);
        Assert.Contains("status -help", Run(root, "status", "-x").Error, StringComparison.Ordinal);
        Assert.Contains("Shows things.", Run(root, "status", "-help").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_required_and_missing_is_named()
    {
        FlagOption<string?> id = Flag.Text("id-of-test", "NAME", "a name");
        id.Required = true;
        var root = new RootCommand("Does things.") { id };
        root.SetAction((_, _) => 0);
        (int code, _, string error) = Run(root);
        Assert.Equal(2, code);
        Assert.Contains("-id-of-test", error, StringComparison.Ordinal);
        Assert.Contains("-id-of-test NAME", Run(root, "-help").Output, StringComparison.Ordinal);
        using var variables = new Variables(("CHORUS_ID_OF_TEST", "env"));
        Assert.Equal(0, Run(root).Code);
    }

    [Fact]
    public void Every_failure_has_its_exit_code_and_a_sentence()
    {
        Expect(new ChorusException(3, "no_leader", "no leader", "Start more replicas"), 3,
            "error: no leader. Start more replicas.\n");
        Expect(new TomlException("f.toml", new TomlPosition(1, 2), "no"), 2, "error: f.toml:1:2: no.\n");
        Expect(new LogCorruptionException("segment 1, offset 7: bad crc"), 5, "error: segment 1, offset 7: bad crc.\n");
        Expect(new AggregateException(new IOException("disk on fire")), 1, "error: disk on fire.\n");
        Expect(new UnauthorizedAccessException("no"), 1, "error: no. Check who owns the file and its folder.\n");
        Expect(new OperationCanceledException(), 130, "error: interrupted.\n");
        Expect(new InvariantViolationException("term fell"), 1, "error: an internal check failed");
        Expect(new InvalidCastException("odd"), 1, "error: unexpected failure: InvalidCastException: odd.\n");
    }

    [Fact]
    public void Errors_are_json_where_that_was_asked_for()
    {
        var root = new RootCommand("Does things.");
        root.SetAction((_, _) => throw ChorusException.Failed("disk", "full \"up\"", "Clean"));
        var error = new StringWriter();
        Assert.Equal(1, CommandHost.Run(root, [], TextWriter.Null, error, _ => true));
        Assert.Equal(
            """{"code":"disk","message":"full \u0022up\u0022","cure":"Clean"}""", error.ToString().TrimEnd());
    }

    private static void Expect(Exception thrown, int code, string error)
    {
        var root = new RootCommand("Does things.");
        root.SetAction((_, _) => throw thrown);
        (int actual, _, string text) = Run(root);
        Assert.Equal(code, actual);
        Assert.StartsWith(error, text, StringComparison.Ordinal);
    }

    private (int Code, string Output, string Error) Run(Action<ParseResult> check, params string[] args)
    {
        RootCommand root = new RootCommand("Does things.") { _name, _memory, _count, _peers, _port }
            .WithExamples(new CommandExample("thing -x", "shows how"));
        root.SetAction((parsed, _) =>
        {
            check(parsed);
            return 0;
        });
        return Run(root, args);
    }

    private static (int Code, string Output, string Error) Run(RootCommand root, params string[] args)
    {
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        int code = CommandHost.Run(root, args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private sealed class Variables : IDisposable
    {
        private readonly string[] _names;

        public Variables(params (string Name, string Value)[] variables)
        {
            _names = [.. variables.Select(variable => variable.Name)];
            foreach ((string name, string value) in variables)
                Environment.SetEnvironmentVariable(name, value);
        }

        public void Dispose()
        {
            foreach (string name in _names)
                Environment.SetEnvironmentVariable(name, null);
        }
    }
}
