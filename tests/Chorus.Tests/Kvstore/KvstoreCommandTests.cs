using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Kvstore;

namespace Chorus.Tests.Kvstore;

public sealed class KvstoreCommandTests
{
    [Fact]
    public void An_id_is_enough()
    {
        KvstoreOptions options = Accept("-id", "n0");
        Assert.Equal("n0", options.Host.Id);
        Assert.Equal("127.0.0.1:11000", options.Host.ClientEndpoint.ToString());
        Assert.Equal("127.0.0.1:12000", options.Host.PeerEndpoint.ToString());
        Assert.Null(options.Host.JoinListenEndpoint);
        Assert.Null(options.Host.JoinEndpoint);
        Assert.Empty(options.Host.Peers);
        Assert.Equal(Path.Combine("data", "n0"), options.Host.DataDirectory);
        Assert.False(options.Host.InMemory);
        Assert.Equal("", options.Host.StateBase);
        Assert.Equal((4096, 1 << 20), (options.Limits.KeyBytesMax, options.Limits.ValueBytesMax));
        Assert.Null(options.Process.LogFolder);
    }

    [Fact]
    public void Every_flag_reaches_its_option()
    {
        KvstoreOptions options = Accept(
            "-id=n1", "-port", ":1", "-raft=:2", "--hjoin", ":3", "-join=h:4", "-hrecov=:5", "-feed", ":6",
            "-data", "d", "-inmem", "-logfolder=l", "-preload", "10,128", "-keymax=100", "-valuemax=200",
            "-priority=7", "-advertise=me", "-insecure", "-cpuprofile", "c", "-memprofile=m", "-v");
        Assert.Equal("127.0.0.1:1", options.Host.ClientEndpoint.ToString());
        Assert.Equal("127.0.0.1:2", options.Host.PeerEndpoint.ToString());
        Assert.Equal("127.0.0.1:3", options.Host.JoinListenEndpoint.ToString());
        Assert.Equal("h:4", options.Host.JoinEndpoint.ToString());
        Assert.Equal(("d", "me"), (options.Host.DataDirectory, options.Host.AdvertisedHost));
        Assert.True(options.Host.InMemory && options.Host.Insecure && options.Process.Verbose);
        Assert.Equal(7, options.Host.Priority);
        Assert.Equal("preload 10,128", options.Host.StateBase);
        Assert.Equal("l", options.Process.LogFolder);
        Assert.Equal(("c", "m"), (options.Process.CpuProfile, options.Process.MemoryProfile));
        Assert.Equal((100, 200), (options.Limits.KeyBytesMax, options.Limits.ValueBytesMax));
        Assert.Equal("127.0.0.1:5", options.Host.TransferListenEndpoint.ToString());
        Assert.Equal("127.0.0.1:6", options.Host.FeedListenEndpoint.ToString());
    }

    [Fact]
    public void Voters_of_a_fixed_start_are_named_one_by_one()
    {
        KvstoreOptions options = Accept("-id", "a", "-peer", "a=:12000", "-peer=b=:12001", "--peer", "c=:12002");
        Assert.Equal("a=127.0.0.1:12000 b=127.0.0.1:12001 c=127.0.0.1:12002", string.Join(' ', options.Host.Peers));
    }

    [Theory]
    [InlineData("-id is missing: -id NAME")]
    [InlineData("unknown flag '-hjion'; did you mean '-hjoin'?", "-id", "n", "-hjion", ":1")]
    [InlineData("unknown flag '--pot'; did you mean '-port'?", "--pot=:1", "-id", "n")]
    [InlineData("-id: 'a b' is no node name. Use 1 to 64 letters", "-id", "a b")]
    [InlineData("-port: '11000' is no endpoint", "-id", "n", "-port", "11000")]
    [InlineData("-peer: 'n1' has no id", "-id", "n", "-peer", "n1")]
    [InlineData("-priority: '101' is no number from 0 to 100", "-id", "n", "-priority", "101")]
    [InlineData("-preload: '10' is not a number of keys, a comma", "-id", "n", "-preload", "10")]
    [InlineData("-preload: '10,x' is not", "-id", "n", "-preload", "10,x")]
    [InlineData("-preload: '1,2,3' is not", "-id", "n", "-preload", "1,2,3")]
    [InlineData("over the limit of 100", "-id", "n", "-preload", "1,101", "-valuemax", "100")]
    [InlineData("-insecure", "-id", "n", "-port", "example.org:1")]
    [InlineData("-v and -quiet exclude", "-id", "n", "-v", "-quiet")]
    [InlineData("-join and -peer exclude", "-id", "n", "-join", ":1", "-peer", "m=:2")]
    [InlineData("unexpected argument 'start'", "-id", "n", "start")]
    public void A_wrong_command_line_is_refused_before_anything_is_started(string expected, params string[] args)
    {
        (int code, string error, KvstoreOptions? options) = Run(args);
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Null(options);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_preload_is_the_same_state_as_setting_each_key()
    {
        var filled = new KvStateMachine();
        Preload.Parse("1000,128").Fill(filled);
        var loaded = new KvStateMachine();
        for (int i = 999; i >= 0; i--)
            loaded.Load(System.Text.Encoding.UTF8.GetBytes($"{i}"), Enumerable.Repeat((byte)'@', 128).ToArray());
        Assert.Equal((1000, loaded.Digest), (filled.Count, filled.Digest));
    }

    private static KvstoreOptions Accept(params string[] args)
    {
        (int code, string error, KvstoreOptions? options) = Run(args);
        Assert.Equal((0, ""), (code, error));
        return options!;
    }

    private static (int Code, string Error, KvstoreOptions? Options) Run(string[] args)
    {
        KvstoreOptions? seen = null;
        var error = new StringWriter();
        var root = KvstoreCommand.Create((options, _) =>
        {
            seen = options;
            return 0;
        });
        int code = CommandHost.Run(root, args, TextWriter.Null, error);
        return (code, error.ToString(), seen);
    }
}
