using Chorus.Common.Messaging;

namespace Chorus.Tests.Hosting;

public sealed class PortInUseTests
{
    [Fact]
    public void Both_transports_name_the_port_and_the_flag_when_it_is_taken()
    {
        using var context = new ZmqContext();
        using var first = new ZmqClientTransport(context, new Endpoint(Endpoint.Loopback, 0));
        ZmqException clients = Assert.Throws<ZmqException>(
            () => new ZmqClientTransport(context, first.LocalEndpoint, "-port").Dispose());
        ZmqException peers = Assert.Throws<ZmqException>(
            () => new ZmqPeerTransport(context, first.LocalEndpoint, "-raft").Dispose());
        Assert.StartsWith($"port {first.LocalEndpoint.Port} is in use", clients.Message, StringComparison.Ordinal);
        Assert.Contains("-port", clients.Message, StringComparison.Ordinal);
        Assert.Contains("-raft", peers.Message, StringComparison.Ordinal);
    }
}
