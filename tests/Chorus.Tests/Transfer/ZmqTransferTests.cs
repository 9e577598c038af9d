using System.Text;
using Chorus.Common.Messaging;
using Chorus.Common.Replica;

namespace Chorus.Tests.Transfer;

public sealed class ZmqTransferTests : IDisposable
{
    private static readonly Endpoint AnyPort = new(Endpoint.Loopback, 0);

    private readonly ZmqContext _context = new();

    public void Dispose() => _context.Dispose();

    [Fact]
    public void Receivers_and_sources_exchange_headers_and_bodies()
    {
        var poller = new Poller();
        using ZmqTransferServer server = new(_context, AnyPort);
        using ZmqTransferClient client = new(_context, poller);
        string address = server.LocalEndpoint.ToString();
        Waiting.Until(() => client.TrySend(address, "ask"u8, "more"u8), "a connection");
        ClientConnection? receiver = null;
        string got = "";
        Waiting.Until(() => TryTake(server, out receiver, out got), "the request");
        Assert.Equal("ask|more", got);
        Assert.True(server.TrySend(receiver!, "h1"u8, "body"u8));
        Assert.True(server.TrySend(receiver!, "h2"u8, default));
        Assert.Equal(1, poller.Wait(10_000));
        Waiting.Until(TakeOrWait, "the first answer");
        Assert.Equal("h1|body", got);
        Waiting.Until(TakeOrWait, "the second answer");
        Assert.Equal("h2|", got);
        client.Disconnect(address);
        Assert.Equal(0, poller.Wait(0));
        Waiting.Until(() => !server.TrySend(receiver!, "h3"u8, default), "the loss of the receiver");

        // A socket that was found empty is not looked at again before its poller has news of it.
        bool TakeOrWait()
        {
            if (TryTake(client, address, out got))
                return true;
            poller.Wait(10);
            return false;
        }
    }

    [Fact]
    public void A_receiver_that_does_not_read_is_refused_further_chunks()
    {
        using ZmqTransferServer server = new(
            _context, AnyPort, options: ZmqTransferServer.DefaultLimits with { SendQueueFrames = 4 });
        using ZmqTransferClient client = new(
            _context, options: ZmqTransferClient.DefaultLimits with { ReceiveQueueFrames = 4 });
        Waiting.Until(() => client.TrySend(server.LocalEndpoint.ToString(), "ask"u8, default), "a connection");
        ClientConnection? receiver = null;
        Waiting.Until(() => TryTake(server, out receiver, out _), "the request");
        byte[] chunk = new byte[1 << 20];
        int sent = 0;
        while (sent < 1000 && server.TrySend(receiver!, "h"u8, chunk))
            sent++;
        Assert.InRange(sent, 4, 100);
    }

    [Fact]
    public void Sources_that_are_not_there_cost_nothing_and_are_bounded()
    {
        using ZmqTransferClient client = new(_context, options: new ZmqTransportOptions { PeersMax = 3 });
        using ZmqTransferServer server = new(_context, AnyPort);
        string address = server.LocalEndpoint.ToString();
        Assert.False(client.TrySend("127.0.0.1:1", "h"u8, default));
        Assert.False(client.TrySend("no address", "h"u8, default));
        Assert.False(client.TrySend("-:1", "h"u8, default));
        for (int i = 0; i < 100; i++)
            Assert.False(client.TrySend(address, "h"u8, default));
        client.Disconnect("-:1");
        client.Disconnect("never seen");
        Waiting.Until(() => client.TrySend(address, "h"u8, default), "a connection when there is room");
    }

    [Fact]
    public void Messages_of_unknown_shape_are_dropped_and_counted()
    {
        using ZmqTransferServer server = new(_context, AnyPort);
        using DealerSocket stranger = new(_context);
        stranger.Connect(server.LocalEndpoint);
        stranger.SendFrame(default);
        for (int i = 0; i < 20; i++)
            stranger.SendFrame("x"u8, more: i < 19);
        stranger.SendFrame("good"u8);
        string got = "";
        Waiting.Until(() => TryTake(server, out _, out got), "the good message");
        Assert.Equal("good|", got);
        Assert.Equal(2, server.GarbageTotal);

        using RouterSocket liar = new(_context);
        Endpoint at = liar.Bind(AnyPort);
        using ZmqTransferClient client = new(_context);
        using ZmqMessage name = new();
        Waiting.Until(() => client.TrySend(at.ToString(), "h"u8, default), "a connection");
        Assert.True(liar.ReceiveFrame(name));
        liar.SendFrame(name.Span, more: true);
        for (int i = 0; i < 20; i++)
            liar.SendFrame("x"u8, more: i < 19);
        liar.SendFrame(name.Span, more: true);
        liar.SendFrame("good"u8);
        Waiting.Until(() => TryTake(client, at.ToString(), out got), "the good answer");
        Assert.Equal("good|", got);
        Assert.Equal(1, client.GarbageTotal);
    }

    [Fact]
    public void A_port_in_use_is_named_with_its_flag()
    {
        using ZmqTransferServer first = new(_context, AnyPort);
        ZmqException error = Assert.Throws<ZmqException>(() => new ZmqTransferServer(_context, first.LocalEndpoint));
        Assert.StartsWith($"port {first.LocalEndpoint.Port} is in use", error.Message, StringComparison.Ordinal);
        Assert.Contains("-hrecov", error.Message, StringComparison.Ordinal);
    }

    private static bool TryTake(ZmqTransferServer server, out ClientConnection connection, out string text)
    {
        bool any = server.TryReceive(out connection, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body);
        text = any ? $"{Encoding.UTF8.GetString(header)}|{Encoding.UTF8.GetString(body)}" : "";
        return any;
    }

    private static bool TryTake(ZmqTransferClient client, string source, out string text)
    {
        bool any = client.TryReceive(
            out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body);
        text = any ? $"{Encoding.UTF8.GetString(header)}|{Encoding.UTF8.GetString(body)}" : "";
        Assert.True(!any || address == source);
        return any;
    }
}
