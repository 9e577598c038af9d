using System.Net;
using System.Net.Sockets;
using System.Text;
using Chorus.Common.Messaging;
using Chorus.Common.Replica;
using Chorus.Tests.Hosting;

namespace Chorus.Tests.Messaging;

public sealed class TransportTests : IDisposable
{
    private static readonly Endpoint AnyPort = new(Endpoint.Loopback, 0);

    private readonly ZmqContext _context = new();
    private readonly ZmqMessage _message = new();

    public void Dispose()
    {
        _message.Dispose();
        _context.Dispose();
    }

    [Fact]
    public void A_transport_names_the_port_that_is_in_use()
    {
        using ZmqClientTransport first = new(_context, AnyPort);
        Endpoint taken = first.LocalEndpoint;
        ZmqException clients = Assert.Throws<ZmqException>(() => new ZmqClientTransport(_context, taken, "-port"));
        ZmqException peers = Assert.Throws<ZmqException>(() => new ZmqPeerTransport(_context, taken, "-raft"));
        Assert.StartsWith($"port {taken.Port} is in use", clients.Message, StringComparison.Ordinal);
        Assert.StartsWith($"port {taken.Port} is in use", peers.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Peers_exchange_headers_and_records()
    {
        using ZmqPeerTransport left = new(_context, AnyPort);
        using ZmqPeerTransport right = new(_context, AnyPort);
        string address = right.LocalEndpoint.ToString();
        string got = "";
        Waiting.Until(
            () =>
            {
                left.Send(address, "h1"u8, "records"u8);
                return TryTake(right, out got);
            },
            "the first message");
        Assert.Equal("h1|records", got);
        while (TryTake(right, out _))
        {
        }

        left.Send(address, "h2"u8, default);
        Waiting.Until(() => TryTake(right, out got) && got.StartsWith("h2"), "a message without records");
        Assert.Equal("h2|", got);
    }

    [Fact]
    public void A_peer_that_is_not_there_costs_a_count_and_nothing_else()
    {
        using ZmqPeerTransport transport = new(_context, AnyPort);
        transport.Send("127.0.0.1:1", "h"u8, default);
        transport.Send("no address at all", "h"u8, default);
        transport.Send("no address at all", "h"u8, default);
        Assert.Equal(3, transport.DroppedTotal);
        transport.Retain([]);
    }

    [Fact]
    public void Only_so_many_peers_are_connected_to_until_some_are_let_go()
    {
        using ZmqPeerTransport target = new(_context, AnyPort);
        using ZmqPeerTransport transport = new(
            _context, AnyPort, options: new ZmqTransportOptions { PeersMax = 2 });
        string address = target.LocalEndpoint.ToString();
        transport.Send("127.0.0.1:1", "h"u8, default);
        transport.Send("127.0.0.1:2", "h"u8, default);
        for (int i = 0; i < 100; i++)
            transport.Send(address, "h"u8, default);
        Assert.Equal(102, transport.DroppedTotal);
        transport.Retain(["127.0.0.1:1", address]);
        Waiting.Until(
            () =>
            {
                transport.Send(address, "h"u8, default);
                return TryTake(target, out _);
            },
            "a message to the new peer");
    }

    [Fact]
    public void Members_are_connected_to_before_anything_is_said_to_them()
    {
        Heard heard = new();
        using ZmqPeerTransport target = new(_context, AnyPort);
        using ZmqPeerTransport transport = new(_context, AnyPort, logger: heard);
        string address = target.LocalEndpoint.ToString();
        transport.Retain([address]);
        Waiting.Until(
            () =>
            {
                TryTake(transport, out _);
                return heard.Lines.Any(line => line.Contains(address));
            },
            "the connection");
        transport.Send(address, "first"u8, default);
        string got = "";
        Waiting.Until(() => TryTake(target, out got), "the first message");
        Assert.Equal("first|", got);
        Assert.Equal(0, transport.DroppedTotal);
    }

    [Fact]
    public void An_address_that_libzmq_refuses_loses_its_messages_and_nothing_else()
    {
        using ZmqPeerTransport transport = new(_context, AnyPort);
        transport.Send("-:1", [1], default);
        transport.Send("-:1", [1], default);
        Assert.Equal(2, transport.DroppedTotal);
        transport.Retain([]);
    }

    [Fact]
    public void Peer_messages_of_unknown_shape_are_dropped_and_counted()
    {
        using ZmqPeerTransport transport = new(_context, AnyPort);
        using DealerSocket stranger = new(_context);
        stranger.Connect(transport.LocalEndpoint);
        stranger.SendFrame(default);
        stranger.SendFrame("a"u8, more: true);
        stranger.SendFrame("b"u8, more: true);
        stranger.SendFrame("c"u8, more: true);
        stranger.SendFrame("d"u8);
        stranger.SendFrame("good"u8);
        string got = "";
        Waiting.Until(() => TryTake(transport, out got), "the good message");
        Assert.Equal("good|", got);
        Assert.Equal(2, transport.GarbageTotal);
    }

    [Fact]
    public void Dealers_and_requesters_are_answered_in_their_own_framing()
    {
        using ZmqClientTransport transport = new(_context, AnyPort);
        using DealerSocket dealer = new(_context);
        using RequestSocket requester = new(_context);
        dealer.Connect(transport.LocalEndpoint);
        requester.Connect(transport.LocalEndpoint);
        dealer.SendFrame("d"u8);
        requester.SendFrame("r"u8);
        for (int i = 0; i < 2; i++)
            Waiting.Until(() => Echo(transport), "a request");
        Assert.True(dealer.ReceiveFrame(_message));
        Assert.Equal("d"u8.ToArray(), _message.ToArray());
        Assert.False(_message.More);
        Assert.True(requester.ReceiveFrame(_message));
        Assert.Equal("r"u8.ToArray(), _message.ToArray());
        Assert.Equal(0, transport.DroppedTotal);
    }

    [Fact]
    public void The_same_client_is_the_same_connection_and_room_is_made_by_forgetting_the_idle()
    {
        using ZmqClientTransport transport = new(
            _context, AnyPort, options: new ZmqTransportOptions { ConnectionsMax = 1 });
        using DealerSocket first = new(_context);
        using DealerSocket second = new(_context);
        first.Connect(transport.LocalEndpoint);
        first.SendFrame("1"u8);
        ClientConnection one = Take(transport);
        first.SendFrame("2"u8);
        Assert.Same(one, Take(transport));
        one.Outstanding = 2;

        second.Connect(transport.LocalEndpoint);
        second.SendFrame("refused"u8);
        Waiting.Until(() => !transport.TryReceive(out _, out _) && transport.RefusedTotal == 1, "a refusal");

        one.Outstanding = 0;
        Waiting.Until(
            () =>
            {
                second.TrySendFrame("again"u8);
                return transport.TryReceive(out ClientConnection other, out _) && other != one;
            },
            "the second client to be heard");
    }

    [Fact]
    public void Client_messages_of_unknown_shape_are_dropped_and_counted()
    {
        using ZmqClientTransport transport = new(_context, AnyPort);
        using DealerSocket stranger = new(_context);
        stranger.Connect(transport.LocalEndpoint);
        stranger.SendFrame(default);
        stranger.SendFrame(default, more: true);
        stranger.SendFrame(default);
        stranger.SendFrame("a"u8, more: true);
        stranger.SendFrame("b"u8);
        for (int i = 0; i < 20; i++)
            stranger.SendFrame("x"u8, more: i < 19);
        stranger.SendFrame("good"u8);
        Take(transport);
        Assert.Equal(4, transport.GarbageTotal);
    }

    [Fact]
    public void A_client_that_sends_too_large_a_frame_is_cut_off_and_others_go_on()
    {
        using ZmqClientTransport transport = new(
            _context, AnyPort, options: new ZmqTransportOptions { FrameSizeBytesMax = 1000 });
        using DealerSocket greedy = new(_context);
        using DealerSocket modest = new(_context);
        greedy.Connect(transport.LocalEndpoint);
        modest.Connect(transport.LocalEndpoint);
        greedy.SendFrame(new byte[1001]);
        modest.SendFrame(new byte[1000]);
        byte[] taken = [];
        Waiting.Until(() => TryTake(transport, out taken), "the modest client's frame");
        Assert.Equal(1000, taken.Length);
    }

    [Fact]
    public void Random_bytes_on_a_port_disturb_nobody()
    {
        using ZmqClientTransport clients = new(_context, AnyPort);
        using ZmqPeerTransport peers = new(_context, AnyPort);
        Random random = new(1);
        byte[] noise = new byte[5_000];
        foreach (int port in new[] { clients.LocalEndpoint.Port, peers.LocalEndpoint.Port })
        {
            for (int i = 0; i < 50; i++)
            {
                random.NextBytes(noise);

                // Every other one begins like a ZeroMQ greeting, so that the parser gets further.
                if (i % 2 == 0)
                    new byte[] { 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0 }.CopyTo(noise, 0);
                using TcpClient stranger = new();
                stranger.Connect(IPAddress.Loopback, port);
                stranger.GetStream().Write(noise, 0, random.Next(1, noise.Length));
            }
        }

        using DealerSocket honest = new(_context);
        honest.Connect(clients.LocalEndpoint);
        honest.SendFrame("good"u8);
        Take(clients);
        using DealerSocket peer = new(_context);
        peer.Connect(peers.LocalEndpoint);
        peer.SendFrame("good"u8);
        Waiting.Until(() => TryTake(peers, out _), "the honest peer's message");
    }

    // Without SocketOptions.RefuseOldVersions libzmq ends the process within a few dozen rounds of this.
    [Fact]
    public void Closing_while_strangers_send_noise_does_not_end_the_process()
    {
        Random random = new(1);
        byte[] noise = new byte[5_000];
        for (int round = 0; round < 60; round++)
        {
            using ZmqClientTransport clients = new(_context, AnyPort);
            using ZmqPeerTransport peers = new(_context, AnyPort);
            for (int i = 0; i < 20; i++)
            {
                random.NextBytes(noise);
                noise[0] = (byte)(i * 10);
                using TcpClient stranger = new();
                stranger.Connect(IPAddress.Loopback, (i % 2 == 0 ? clients.LocalEndpoint : peers.LocalEndpoint).Port);
                stranger.GetStream().Write(noise, 0, random.Next(1, noise.Length));
            }
        }
    }

    [Fact]
    public void An_answer_to_somebody_who_left_is_counted()
    {
        using ZmqClientTransport transport = new(_context, AnyPort);
        ClientConnection gone;
        using (DealerSocket dealer = new(_context))
        {
            dealer.Connect(transport.LocalEndpoint);
            dealer.SendFrame("bye"u8);
            gone = Take(transport);
        }

        Waiting.Until(
            () =>
            {
                transport.TryReceive(out _, out _);
                transport.Send(gone, "late"u8);
                return transport.DroppedTotal > 0;
            },
            "a dropped answer");
    }

    private static bool Echo(ZmqClientTransport transport)
    {
        if (!transport.TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame))
            return false;
        transport.Send(connection, frame);
        return true;
    }

    private static ClientConnection Take(ZmqClientTransport transport)
    {
        ClientConnection? connection = null;
        Waiting.Until(() => transport.TryReceive(out connection, out _), "a client's frame");
        return connection!;
    }

    private static bool TryTake(ZmqClientTransport transport, out byte[] frame)
    {
        bool any = transport.TryReceive(out _, out ReadOnlySpan<byte> bytes);
        frame = bytes.ToArray();
        return any;
    }

    private static bool TryTake(ZmqPeerTransport transport, out string text)
    {
        bool any = transport.TryReceive(out PeerFrame frame);
        text = any ? $"{Encoding.UTF8.GetString(frame.Header)}|{Encoding.UTF8.GetString(frame.Records)}" : "";
        return any;
    }
}
