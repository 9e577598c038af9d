using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Recovery;

namespace Chorus.Tests.Recovery;

public sealed class RecoveryCommandTests
{
    [Fact]
    public void A_source_is_enough()
    {
        RecoveryOptions options = Accept("-recov", ":14000");
        Assert.Equal("127.0.0.1:14000", Assert.Single(options.Sources).ToString());
        Assert.Equal((1ul, null, TimeSpan.Zero), (options.From, options.To, options.After));
        Assert.Empty(options.Servers);
        Assert.False(options.Compact || options.Json);
        Assert.Null(options.OutDirectory);
        Assert.Null(options.Preload);
    }

    [Fact]
    public void Every_flag_reaches_its_option()
    {
        RecoveryOptions options = Accept(
            "-recov=:1,h:2", "--recov", ":3", "-servers", ":4,:5", "-after", "1.5s", "-from=1", "-to", "9", "-out=d",
            "-id", "n7", "-preload", "10,128", "-o=json", "-cpuprofile", "c", "-memprofile=m", "-quiet");
        Assert.Equal("127.0.0.1:1 h:2 127.0.0.1:3", string.Join(' ', options.Sources));
        Assert.Equal("127.0.0.1:4 127.0.0.1:5", string.Join(' ', options.Servers));
        Assert.Equal((1ul, 9ul, TimeSpan.FromSeconds(1.5)), (options.From, options.To, options.After));
        Assert.Equal(("d", "n7", "c", "m"),
            (options.OutDirectory, options.NodeName, options.CpuProfile, options.MemoryProfile));
        Assert.Equal(new Preload(10, 128), options.Preload);
        Assert.True(options.Json && options.Quiet && !options.Verbose && !options.Compact);
    }

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("250ms", 250)]
    [InlineData("2m", 120_000)]
    [InlineData("7", 7_000)]
    public void A_pause_may_have_any_unit(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Accept("-recov", ":1", "-after", text).After);

    [Theory]
    [InlineData("-recov is missing")]
    [InlineData("-recov: '14000' is no endpoint", "-recov", "14000")]
    [InlineData("-from: '0' is no index", "-recov", ":1", "-from", "0")]
    [InlineData("-to 3 lies before -from 4", "-recov", ":1", "-from", "4", "-to", "3")]
    [InlineData("-after: 'soon' is no time", "-recov", ":1", "-after", "soon")]
    [InlineData("-after: '25h' is no time of at most a day", "-recov", ":1", "-after", "25h")]
    [InlineData("a log with holes is no log", "-recov", ":1", "-compact", "-out", "d", "-id", "n")]
    [InlineData("-out: a log begins with index 1", "-recov", ":1", "-from", "2", "-out", "d", "-id", "n")]
    [InlineData("-compact: a state can be made only", "-recov", ":1", "-from", "2", "-compact")]
    [InlineData("-id: '' is no node name", "-recov", ":1", "-out", "d")]
    [InlineData("-id names the node of a data directory", "-recov", ":1", "-id", "n")]
    [InlineData("-image excludes -from", "-recov", ":1", "-image", "-compact")]
    [InlineData("-o: 'xml' is no form", "-recov", ":1", "-o", "xml")]
    [InlineData("-v and -quiet exclude", "-recov", ":1", "-v", "-quiet")]
    [InlineData("did you mean '-recov'", "-recv", ":1")]
    public void A_wrong_command_line_is_refused_before_anything_is_asked(string expected, params string[] args)
    {
        (int code, string error, RecoveryOptions? options) = Run(args);
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Null(options);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private static RecoveryOptions Accept(params string[] args)
    {
        (int code, string error, RecoveryOptions? options) = Run(args);
        Assert.True(code == ExitCodes.Ok, error);
        return options!;
    }

    private static (int Code, string Error, RecoveryOptions? Options) Run(string[] args)
    {
        RecoveryOptions? options = null;
        var error = new StringWriter();
        int code = CommandHost.Run(
            RecoveryCommand.Create((given, _) =>
            {
                options = given;
                return ExitCodes.Ok;
            }),
            args, new StringWriter(), error, RecoveryCommand.WantsJson);
        return (code, error.ToString(), options);
    }
}
