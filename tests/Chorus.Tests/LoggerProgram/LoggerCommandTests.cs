using System.CommandLine;
using Chorus.Common.Hosting;
using Chorus.Logger;

namespace Chorus.Tests.LoggerProgram;

public sealed class LoggerCommandTests
{
    [Fact]
    public void One_process_takes_a_list_of_clusters()
    {
        LoggerOptions options = Accept("-id", "log0,log1", "-raft", ":12003,:12004", "-join", ":13000,:13001");
        Assert.Equal(["log0", "log1"], options.Attachments.Select(cluster => cluster.Id));
        LoggerAttachment second = options.Attachments[1];
        Assert.Equal("127.0.0.1:12004", second.PeerEndpoint.ToString());
        Assert.Equal("127.0.0.1:13001", second.JoinEndpoint.ToString());
        Assert.Equal("127.0.0.1:14004", second.TransferEndpoint.ToString());
        Assert.Equal("127.0.0.1:16004", second.FeedEndpoint.ToString());
        Assert.Equal(Path.Combine("data", "log1"), second.Folder);
        Assert.Null(second.Upstream);
        Assert.Equal((LoggerFormat.Records, null, 0), (options.Format, options.KeepBytes, options.Nice));
    }

    [Fact]
    public void Every_flag_reaches_its_option()
    {
        LoggerOptions options = Accept(
            "-id=a,b", "--raft", "h:1,:2", "-hrecov=:3,:4", "-feed=h:5,:6", "-logfolder", "x,y", "-format", "text",
            "-keep=20G", "-upstream", ",log9", "-advertise=me", "-insecure", "-nice", "3", "-cpuprofile", "c",
            "-memprofile=m", "-v");
        Assert.Equal(["h:1", "127.0.0.1:2"], options.Attachments.Select(cluster => cluster.PeerEndpoint.ToString()));
        Assert.Equal([3, 4], options.Attachments.Select(cluster => cluster.TransferEndpoint.Port));
        Assert.Equal([5, 6], options.Attachments.Select(cluster => cluster.FeedEndpoint.Port));
        Assert.Equal(["x", "y"], options.Attachments.Select(cluster => cluster.Folder));
        Assert.Equal([null, "log9"], options.Attachments.Select(cluster => cluster.Upstream));
        Assert.All(options.Attachments, cluster => Assert.Null(cluster.JoinEndpoint));
        Assert.Equal((LoggerFormat.Text, 20L << 30), (options.Format, options.KeepBytes));
        Assert.Equal(3, options.Nice);
        Assert.Equal(("me", "c", "m"), (options.AdvertisedHost, options.CpuProfile, options.MemoryProfile));
        Assert.True(options.Insecure && options.Verbose);
    }

    [Fact]
    public void One_folder_is_the_base_of_all()
    {
        LoggerOptions options = Accept("-id", "a,b", "-raft", ":1,:2", "-logfolder", "logs");
        Assert.Equal(
            [Path.Combine("logs", "a"), Path.Combine("logs", "b")],
            options.Attachments.Select(cluster => cluster.Folder));
    }

    [Theory]
    [InlineData("-raft is missing: -raft HOST:PORT,...", "-id", "a")]
    [InlineData("-id is missing: -id NAME,...", "-raft", ":1")]
    [InlineData("-raft has 2 values, -id has 1 value. Give each cluster one value", "-id", "a", "-raft", ":1,:2")]
    [InlineData("-join has 1 value, -id has 2 values", "-id", "a,b", "-raft", ":1,:2", "-join", ":3")]
    [InlineData("-logfolder has 3 values", "-id", "a,b", "-raft", ":1,:2", "-logfolder", "x,y,z")]
    [InlineData("-id: 'a' stands for 2 clusters", "-id", "a,a", "-raft", ":1,:2")]
    [InlineData("stands for 2 clusters", "-id", "a,b", "-raft", ":1,:2", "-logfolder", "x,./x")]
    [InlineData("-id: '' is no node name", "-id", "a,", "-raft", ":1,:2")]
    [InlineData("-raft: '' is no endpoint", "-id", "a,b", "-raft", ":1,")]
    [InlineData("-raft: 'x' is no endpoint", "-id", "a,b", "-raft", ":1,x")]
    [InlineData("-raft name the port 1 2 times", "-id", "a,b", "-raft", ":1,:1")]
    [InlineData("-raft and -hrecov name the port 2001 2 times", "-id", "a,b", "-raft", ":1,:2001")]
    [InlineData("port 64000 + 2000 is no port for -hrecov", "-id", "a", "-raft", ":64000")]
    [InlineData("Add -insecure", "-id", "a", "-raft", "example.org:1")]
    [InlineData("Add -advertise", "-id", "a", "-raft", "*:1", "-insecure")]
    [InlineData("-upstream: 'a' cannot follow itself", "-id", "a", "-raft", ":1", "-upstream", "a")]
    [InlineData("-format: there is no format 'xml'", "-id", "a", "-raft", ":1", "-format", "xml")]
    [InlineData("-keep: '10k' is no size of at least 1M", "-id", "a", "-raft", ":1", "-keep", "10k")]
    [InlineData("-nice: '20' is no number from 0 to 19", "-id", "a", "-raft", ":1", "-nice", "20")]
    [InlineData("-v and -quiet exclude", "-id", "a", "-raft", ":1", "-v", "-quiet")]
    [InlineData("unknown flag '-hjion'", "-id", "a", "-raft", ":1", "-hjion", ":1")]
    public void A_wrong_command_line_is_refused_before_anything_is_started(string expected, params string[] args)
    {
        (int code, string error, LoggerOptions? options) = Run(args);
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Null(options);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private static LoggerOptions Accept(params string[] args)
    {
        (int code, string error, LoggerOptions? options) = Run(args);
        Assert.Equal((0, ""), (code, error));
        return options!;
    }

    private static (int Code, string Error, LoggerOptions? Options) Run(string[] args)
    {
        LoggerOptions? seen = null;
        var error = new StringWriter();
        var root = new RootCommand();
        LoggerCommand.AddTo(root, (options, _) =>
        {
            seen = options;
            return 0;
        });
        int code = CommandHost.Run(root, args, TextWriter.Null, error);
        return (code, error.ToString(), seen);
    }
}
