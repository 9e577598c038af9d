using Chorus.Common.Replica;

namespace Chorus.Tests.Replica;

public sealed class AddressTextTests
{
    [Theory]
    [InlineData("127.0.0.1:12000")]
    [InlineData("localhost:1")]
    [InlineData("node-1.example_net:65535")]
    [InlineData("[::1]:12000")]
    public void An_address_to_which_others_can_connect_is_taken(string text) =>
        Assert.True(AddressText.IsReachable(text));

    [Theory]
    [InlineData("")]
    [InlineData(":12000")]
    [InlineData("host")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:+1")]
    [InlineData("host: 1")]
    [InlineData("-:1")]
    [InlineData("a b:1")]
    [InlineData("*:1")]
    [InlineData("0.0.0.0:1")]
    [InlineData("[::]:1")]
    [InlineData("[::1:1")]
    [InlineData("[]:1")]
    [InlineData("[:1")]
    [InlineData("::1:1")]
    [InlineData("tcp://host:1")]
    [InlineData("ho\0st:1")]
    [InlineData("hést:1")]
    public void An_address_that_would_harm_those_who_connect_to_it_is_refused(string text) =>
        Assert.False(AddressText.IsReachable(text));

    [Fact]
    public void An_address_longer_than_a_configuration_takes_is_refused() =>
        Assert.False(AddressText.IsReachable(new string('a', 254) + ":1"));
}
