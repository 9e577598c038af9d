using Chorus.Common.Hosting;
using Chorus.Raft;

namespace Chorus.Tests.Hosting;

public sealed class ReplicaHostOptionsTests
{
    private static readonly ReplicaHostOptions Good = new() { Id = "n0", DataDirectory = "data/n0" };

    [Theory]
    [InlineData(":11000", "127.0.0.1:11000", true)]
    [InlineData("127.0.0.1:1", "127.0.0.1:1", true)]
    [InlineData("localhost:65535", "localhost:65535", true)]
    [InlineData("[::1]:11000", "[::1]:11000", true)]
    [InlineData("node7.example:80", "node7.example:80", false)]
    [InlineData("0.0.0.0:80", "0.0.0.0:80", false)]
    [InlineData("*:80", "*:80", false)]
    public void An_endpoint_is_a_host_and_a_port(string text, string expected, bool isLoopback)
    {
        Assert.True(HostEndpoint.TryParse(text, out HostEndpoint endpoint, out string error), error);
        Assert.Equal(expected, endpoint.ToString());
        Assert.Equal(isLoopback, endpoint.IsLoopback);
    }

    [Theory]
    [InlineData("", "no endpoint")]
    [InlineData("11000", "write host:port")]
    [InlineData(":0", "no port")]
    [InlineData(":65536", "1 to 65535")]
    [InlineData(":-1", "no port")]
    [InlineData(":", "no port")]
    [InlineData("host:http", "'http'")]
    [InlineData("::1:80", "[::1]:80")]
    [InlineData("tcp://host:80", "names a protocol")]
    [InlineData("my host:80", "no host name")]
    [InlineData("a,b:80", "no host name")]
    public void Anything_else_is_refused_with_what_to_write(string text, string expected)
    {
        Assert.False(HostEndpoint.TryParse(text, out _, out string error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n1", "has no id")]
    [InlineData("=:12000", "'' is no node name")]
    [InlineData("a b=:12000", "'a b' is no node name")]
    [InlineData("n1=12000", "-peer: '12000' is no endpoint")]
    public void A_peer_is_an_id_and_an_endpoint(string text, string expected)
    {
        Assert.Equal("n1=127.0.0.1:12000", HostPeer.Parse("n1=:12000").ToString());
        Assert.Contains(expected, Refusal(() => HostPeer.Parse(text)), StringComparison.Ordinal);
    }

    [Fact]
    public void Sound_options_are_accepted()
    {
        Good.Validate();
        (Good with { Peers = [Peer("n0", 12000), Peer("n1", 12001), Peer("n2", 12002)] }).Validate();
        (Good with { JoinEndpoint = new("127.0.0.1", 13000), JoinListenEndpoint = new("127.0.0.1", 13001) }).Validate();
        ReplicaHostOptions open = Good with
        {
            PeerEndpoint = new("0.0.0.0", 12000),
            ClientEndpoint = new("0.0.0.0", 11000),
            AdvertisedHost = "node7",
            Insecure = true,
        };
        open.Validate();
        Assert.Equal("node7:12000", open.AdvertisedPeerEndpoint.ToString());
        Assert.Equal("node7:11000", open.AdvertisedClientEndpoint.ToString());
    }

    [Fact]
    public void Feed_and_transfer_are_at_fixed_distances_from_the_peer_socket_unless_said_otherwise()
    {
        Assert.Equal("127.0.0.1:14000", Good.TransferListenEndpoint.ToString());
        Assert.Equal("127.0.0.1:16000", Good.FeedListenEndpoint.ToString());
        Assert.Equal(("", ""), (Good.DistinctTransferAddress, Good.DistinctFeedAddress));
        ReplicaHostOptions elsewhere = Good with
        {
            TransferEndpoint = new("127.0.0.1", 1),
            FeedEndpoint = new("0.0.0.0", 16000),
            AdvertisedHost = "node7",
            Insecure = true,
        };
        elsewhere.Validate();
        Assert.Equal("node7:1", elsewhere.DistinctTransferAddress);
        Assert.Equal("node7:16000", elsewhere.AdvertisedFeedEndpoint.ToString());
        Assert.Equal("", elsewhere.DistinctFeedAddress);
        Expect(Good with { FeedEndpoint = new("10.0.0.1", 16000) }, "-feed: 10.0.0.1:16000 can be reached");
        Expect(Good with { FeedEndpoint = new("0.0.0.0", 16000), Insecure = true }, "0.0.0.0:16000 stands for every");
        Expect(Good with { FeedEndpoint = new("127.0.0.1", 11000) }, "-port and -feed use the same port 11000");
        Expect(Good with { FeedEndpoint = new("127.0.0.1", 14000) }, "-hrecov and -feed use the same port 14000");
        Expect(Good with { PeerEndpoint = new("127.0.0.1", 62000) }, "port 66000 would be used");
        Expect(
            Good with { Peers = [Peer("n1", 12001)], FeedEndpoint = new("127.0.0.1", 16001) },
            "cannot be chosen together with -peer");
        (Good with { Peers = [Peer("n1", 12001)], FeedEndpoint = new("127.0.0.1", 16000) }).Validate();
    }

    [Fact]
    public void Everything_wrong_is_refused_with_the_flag_and_the_cure()
    {
        Expect(Good with { Id = "" }, "-id: ''");
        Expect(Good with { Id = "a/b" }, "-id: 'a/b'");
        Expect(Good with { Priority = 101 }, "-priority: 101");
        Expect(Good with { DataDirectory = "" }, "-inmem");
        Expect(Good with { ClientEndpoint = new("10.0.0.1", 11000) }, "-insecure");
        Expect(Good with { PeerEndpoint = new("0.0.0.0", 12000), Insecure = true }, "-advertise");
        Expect(Good with { PeerEndpoint = new("127.0.0.1", 11000) }, "-port and -raft use the same port 11000");
        Expect(Good with { AdvertisedHost = "0.0.0.0" }, "-advertise: '0.0.0.0'");
        Expect(Good with { AdvertisedHost = "a:1" }, "-advertise: 'a:1'");
        Expect(Good with { Peers = [Peer("n1", 1), Peer("n1", 2)] }, "'n1' is named 2 times");
        Expect(Good with { Peers = [Peer("n1", 1), Peer("n2", 1)] }, "n1 and n2 have the same address");
        Expect(Good with { Peers = [Peer("n0", 1)] }, "is this node, but -raft says 127.0.0.1:12000");
        Expect(Good with { Peers = [Peer("n1", 12000)] }, "this node's own -raft");
        Expect(Good with { Peers = [Peer("n1", 1)], JoinEndpoint = new("127.0.0.1", 2) }, "exclude each other");
        Expect(Good with { Raft = new RaftOptions { HeartbeatTicks = 0 } }, "HeartbeatTicks");
    }

    private static void Expect(ReplicaHostOptions options, string text) =>
        Assert.Contains(text, Refusal(options.Validate), StringComparison.Ordinal);

    private static string Refusal(Action action)
    {
        ChorusException error = Assert.Throws<ChorusException>(action);
        Assert.Equal(ExitCodes.Usage, error.ExitCode);
        return $"{error.Message}. {error.Cure}";
    }

    private static HostPeer Peer(string id, int port) => new(new NodeId(id), new HostEndpoint("127.0.0.1", port));
}
