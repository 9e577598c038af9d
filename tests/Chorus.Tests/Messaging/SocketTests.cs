using System.Net;
using System.Net.Sockets;
using System.Text;
using Chorus.Common.Messaging;

namespace Chorus.Tests.Messaging;

public sealed class SocketTests : IDisposable
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
    public void A_request_is_answered()
    {
        using ReplySocket server = new(_context);
        using RequestSocket client = new(_context);
        client.Connect(server.Bind(AnyPort));
        Assert.True(client.SendFrame("ping"u8));
        Assert.True(server.ReceiveFrame(_message));
        Assert.Equal("ping", Encoding.UTF8.GetString(_message.Span));
        Assert.True(server.SendFrame("pong"u8));
        Assert.True(client.ReceiveFrame(_message));
        Assert.Equal("pong"u8.ToArray(), _message.ToArray());
        Assert.False(_message.More);
    }

    [Fact]
    public void A_message_of_many_frames_arrives_whole()
    {
        using PairSocket left = new(_context);
        using PairSocket right = new(_context);
        left.Connect(right.Bind(AnyPort));
        byte[] large = new byte[300_000];
        Random.Shared.NextBytes(large);
        Assert.True(left.SendFrame("a"u8, more: true));
        Assert.True(left.SendFrame(large, more: true));
        Assert.True(left.SendFrame(default));
        Assert.True(right.ReceiveFrame(_message));
        Assert.True(_message.More);
        Assert.True(right.ReceiveFrame(_message));
        Assert.Equal(large, _message.ToArray());
        Assert.True(right.ReceiveFrame(_message));
        Assert.Equal(0, _message.Length);
        Assert.False(_message.More);
    }

    [Fact]
    public void A_subscriber_receives_its_topics_only()
    {
        using XPublisherSocket publisher = new(_context);
        using SubscriberSocket subscriber = new(_context);
        subscriber.Subscribe("b"u8);
        subscriber.Connect(publisher.Bind(AnyPort));
        Assert.True(publisher.ReceiveFrame(_message));
        Assert.Equal("\u0001b"u8.ToArray(), _message.ToArray());
        Assert.True(publisher.TrySendFrame("a1"u8));
        Assert.True(publisher.TrySendFrame("b2"u8));
        Assert.True(subscriber.ReceiveFrame(_message));
        Assert.Equal("b2"u8.ToArray(), _message.ToArray());
    }

    [Fact]
    public void Nothing_is_queued_for_somebody_who_is_not_there()
    {
        using DealerSocket dealer = new(_context);
        dealer.Options.Immediate = true;
        dealer.Connect(new Endpoint(Endpoint.Loopback, 1));
        Assert.False(dealer.TrySendFrame("lost"u8));
    }

    [Fact]
    public void A_router_tells_of_an_unknown_addressee()
    {
        using RouterSocket router = new(_context);
        router.Options.RouterMandatory = true;
        router.Bind(AnyPort);
        Assert.False(router.TrySendFrame("nobody"u8, more: true));
    }

    [Fact]
    public void A_port_in_use_is_told_with_the_flag_that_cures_it()
    {
        using RouterSocket first = new(_context);
        using RouterSocket second = new(_context);
        Endpoint taken = first.Bind(AnyPort);
        ZmqException refused = Assert.Throws<ZmqException>(() => second.Bind(taken, "-raft"));
        Assert.Equal(
            $"port {taken.Port} is in use by another process: choose another with -raft or end that process",
            refused.Message);
    }

    [Fact]
    public void An_address_of_another_machine_cannot_be_listened_on()
    {
        using RouterSocket router = new(_context);
        ZmqException refused = Assert.Throws<ZmqException>(() => router.Bind(new Endpoint("203.0.113.7", 4711)));
        Assert.Contains("is not an address of this machine", refused.Message);
    }

    [Fact]
    public void A_wakeup_ends_a_wait_once()
    {
        using Wakeup wakeup = new();
        Poller poller = new();
        poller.Add(wakeup);
        Assert.Equal(0, poller.Wait(0));
        Thread other = new(() => wakeup.Signal());
        other.Start();
        Assert.Equal(1, poller.Wait(10_000));
        Assert.True(poller.IsReady(wakeup));
        other.Join();
        wakeup.Clear();
        Assert.Equal(0, poller.Wait(0));
        wakeup.Signal();
        wakeup.Signal();
        Assert.Equal(1, poller.Wait(0));
        wakeup.Clear();
        Assert.Equal(0, poller.Wait(0));
    }

    [Fact]
    public void A_wakeup_is_never_lost_between_threads()
    {
        using Wakeup wakeup = new();
        Poller poller = new();
        poller.Add(wakeup);
        const int Total = 20_000;
        int given = 0;
        Thread producer = new(() =>
        {
            for (int i = 0; i < Total; i++)
            {
                Interlocked.Increment(ref given);
                wakeup.Signal();
            }
        });
        producer.Start();
        int seen = 0;
        while (seen < Total)
        {
            Assert.Equal(1, poller.Wait(10_000));
            wakeup.Clear();
            seen = Volatile.Read(ref given);
        }

        producer.Join();
    }

    [Fact]
    public void A_poller_waits_for_the_sockets_that_it_still_holds()
    {
        using PairSocket left = new(_context);
        using PairSocket right = new(_context);
        using Wakeup wakeup = new();
        left.Connect(right.Bind(AnyPort));
        Poller poller = new();
        poller.Add(wakeup);
        poller.Add(right);
        left.SendFrame("x"u8);
        Assert.Equal(1, poller.Wait(10_000));
        Assert.True(poller.IsReady(right));
        Assert.False(poller.IsReady(wakeup));
        poller.Remove(right);
        Assert.Equal(0, poller.Wait(0));
        Assert.False(poller.IsReady(right));
    }

    [Fact]
    public void A_monitor_tells_of_a_greeting_that_fails()
    {
        using RouterSocket router = new(_context);
        using SocketMonitor monitor = new(router);
        Endpoint endpoint = router.Bind(AnyPort);
        using TcpClient stranger = new();
        stranger.Connect(IPAddress.Loopback, endpoint.Port);

        // A greeting of ZMTP 3 that asks for a mechanism that does not exist.
        byte[] greeting = new byte[64];
        new byte[] { 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0 }.CopyTo(greeting, 0);
        "CLOAK"u8.CopyTo(greeting.AsSpan(12));
        stranger.GetStream().Write(greeting);
        SocketEvent happened = default;
        Waiting.Until(() => monitor.TryReceive(out happened) && happened.IsTrouble, "a failed greeting");
        Assert.Contains(endpoint.ToString(), happened.Sentence(endpoint));
    }
}
