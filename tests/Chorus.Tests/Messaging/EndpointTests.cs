using Chorus.Common.Messaging;

namespace Chorus.Tests.Messaging;

public sealed class EndpointTests
{
    [Theory]
    [InlineData(":13000", "127.0.0.1", 13000)]
    [InlineData("13000", "127.0.0.1", 13000)]
    [InlineData("*:13000", "0.0.0.0", 13000)]
    [InlineData("0.0.0.0:1", "0.0.0.0", 1)]
    [InlineData("node-1.example.org:65535", "node-1.example.org", 65535)]
    [InlineData("tcp://10.0.0.7:0", "10.0.0.7", 0)]
    [InlineData(" [::1]:13000 ", "::1", 13000)]
    public void Reads_what_users_write(string text, string host, int port)
    {
        Endpoint endpoint = Endpoint.Parse(text);
        Assert.Equal(new Endpoint(host, port), endpoint);
        Assert.Equal(endpoint, Endpoint.Parse(endpoint.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("host")]
    [InlineData("host:")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("host:1x")]
    [InlineData("ho st:1")]
    [InlineData("::1:13000")]
    [InlineData("[1.2.3.4]:1")]
    [InlineData("[]:1")]
    public void Refuses_what_is_no_address_and_says_what_is_expected(string? text)
    {
        Assert.False(Endpoint.TryParse(text, out _, out string? error));
        Assert.Contains("is not an address", error);
    }

    [Fact]
    public void Knows_what_others_can_reach()
    {
        Assert.True(Endpoint.Parse(":1").IsLoopback);
        Assert.True(Endpoint.Parse("localhost:1").IsLoopback);
        Assert.True(Endpoint.Parse("[::1]:1").IsLoopback);
        Assert.False(Endpoint.Parse("*:1").IsLoopback);
        Assert.True(Endpoint.Parse("*:1").IsWildcard);
        Assert.False(Endpoint.Parse("10.1.1.1:1").IsWildcard);
    }
}
