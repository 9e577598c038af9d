using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Chorus.Common.Feed;
using Chorus.Common.Messaging;
using Chorus.Raft;

namespace Chorus.Tests.Messaging;

/// <summary>The feed over real sockets, and subscribers that mean harm or are careless.</summary>
[Collection(nameof(MeasuringAlone))]
public sealed class FeedSocketTests : IDisposable
{
    private static readonly byte[] Batch = new byte[FeedPublisher.BatchBytesMax];

    private readonly ZmqContext _context = new();
    private readonly ZmqFeedOutlet _outlet;
    private readonly ZmqFeedInlet _inlet;
    private readonly FeedSubscriptions _subscriptions = new();
    private string _lastTopic = "";
    private ulong _next = 1;

    public FeedSocketTests()
    {
        _outlet = new ZmqFeedOutlet(_context, new Endpoint(Endpoint.Loopback, 0));
        _inlet = new ZmqFeedInlet(_context);
    }

    public void Dispose()
    {
        _inlet.Dispose();
        _outlet.Dispose();
        _context.Dispose();
    }

    private string Address => _outlet.LocalEndpoint.ToString();

    [Fact]
    public void A_follower_gets_what_it_asked_for_and_no_more()
    {
        _inlet.Follow(Address, FeedInterest.Heartbeats);
        Waiting.Until(() => Publishes("hb"), "a heartbeat");
        _inlet.Follow(Address, FeedInterest.Everything);
        // libzmq obeys a subscription before it hands it out.
        Waiting.Until(() => Publishes("log") && _subscriptions.WantsLog, "a batch");
        _inlet.Follow(Address, FeedInterest.Heartbeats);
        Waiting.Until(() => !Publishes("log") && !_subscriptions.WantsLog, "the batches to end");
        _inlet.Follow(Address, FeedInterest.Everything);
        Waiting.Until(() => Publishes("log"), "a batch again");
        _inlet.Follow(Address, FeedInterest.None);
        Waiting.Until(() => !Publishes("hb") && !_subscriptions.WantsLog, "the connection to end");
    }

    [Fact]
    public void What_is_no_subscription_is_counted_and_disturbs_nobody()
    {
        _inlet.Follow(Address, FeedInterest.Everything);
        Waiting.Until(() => Publishes("log"), "a batch");
        using RawSubscriber stranger = new(_outlet.LocalEndpoint);
        stranger.SendMessage([]);
        stranger.SendMessage([7, 1, 2]);
        stranger.SendMessage([.. "log"u8]);
        stranger.SendMessage([1], [2], [3]);
        stranger.Unsubscribe("nothing");
        stranger.Unsubscribe("log");
        stranger.Subscribe("the end");
        Waiting.Until(() => Publishes("log") && _lastTopic == "the end", "all of it to be looked at");
        Assert.Equal(4, _outlet.GarbageTotal);
        // Who takes back what somebody else subscribed to takes nothing from him.
        Assert.True(_subscriptions.WantsLog);
        stranger.SendMessage(new byte[100_000]);
        Assert.True(stranger.IsClosedByPublisher);
        using TcpClient noise = new();
        noise.Connect(_outlet.LocalEndpoint.Host, _outlet.LocalEndpoint.Port);
        noise.GetStream().Write(new byte[1000]);
        Waiting.Until(() => Publishes("log"), "a batch after all that");
    }

    [Fact]
    public void Very_many_topics_cost_bounded_memory_and_others_come_back()
    {
        _inlet.Follow(Address, FeedInterest.Everything);
        Waiting.Until(() => Publishes("log"), "a batch");
        long before = ResidentBytes();
        for (int round = 0; round < 5; round++)
        {
            long resets = _outlet.ResetsTotal;
            RawSubscriber? greedy = null;
            Waiting.Until(() => Drain() >= 0 && RawSubscriber.TryConnect(_outlet.LocalEndpoint, out greedy), "a port");
            string tail = new('x', 900);
            // libzmq keeps a node for every byte: unbounded, these would be 50 MB in each round.
            Waiting.Until(() => Subscribes(greedy!, tail) && _outlet.ResetsTotal > resets, "the limit");
            greedy!.Dispose();
            Waiting.Until(() => Publishes("log") && _subscriptions.WantsLog, "the follower to be back");
        }
        Assert.InRange(_outlet.ResetsTotal, 5, 50);
        Assert.InRange(ResidentBytes() - before, long.MinValue, 250 << 20);
    }

    [Fact]
    public void A_subscriber_that_never_reads_costs_bounded_memory_and_others_get_everything()
    {
        using RawSubscriber stalled = new(_outlet.LocalEndpoint);
        stalled.Subscribe("log");
        Waiting.Until(() => Drain() > 0, "the subscription");
        long before = ResidentBytes();
        for (int i = 0; i < 8 * ZmqFeedOutlet.SendQueueFrames; i++)
            Send("log");
        // 512 MiB were sent; the queue holds 64 of them.
        Assert.InRange(ResidentBytes() - before, long.MinValue, 250 << 20);
        _inlet.Follow(Address, FeedInterest.Everything);
        Waiting.Until(() => Publishes("log"), "a batch for somebody else");
        // It answers no pings either.
        Assert.True(stalled.IsClosedByPublisher);
    }

    [Fact]
    public void Many_sources_are_heard_in_turn()
    {
        using ZmqFeedOutlet other = new(_context, new Endpoint(Endpoint.Loopback, 0));
        _inlet.Follow(Address, FeedInterest.Heartbeats);
        _inlet.Follow(other.LocalEndpoint.ToString(), FeedInterest.Heartbeats);
        Waiting.Until(() => Publishes("hb"), "the first");
        Waiting.Until(() => Hears(other, "hb"), "the second");
        for (int i = 0; i < 50; i++)
        {
            Send("hb");
            Send("hb", other);
        }
        List<string> order = [];
        Waiting.Until(
            () =>
            {
                while (_inlet.TryReceive(out FeedMessage message))
                    order.Add(message.Source);
                return order.Count >= 100;
            },
            "all of them");
        Assert.True(order.Distinct().Count() == 2 && order.TakeLast(50).Distinct().Count() == 2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nowhere")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("tcp://127.0.0.1:1")]
    public void An_address_that_makes_no_sense_is_not_followed(string address)
    {
        _inlet.Follow(address, FeedInterest.Everything);
        Assert.False(_inlet.TryReceive(out _));
    }

    private bool Subscribes(RawSubscriber greedy, string tail)
    {
        greedy.TrySubscribe(Enumerable.Range(0, 100).Select(_ => $"key/{Guid.NewGuid()}{tail}"));
        Drain();
        return true;
    }

    // What a publisher does in its loop: look at what is subscribed, publish.
    private bool Publishes(string topic) => Hears(_outlet, topic);

    private bool Hears(ZmqFeedOutlet outlet, string topic)
    {
        Drain(outlet);
        Send(topic, outlet);
        return SpinWait.SpinUntil(() => Receives(topic), TimeSpan.FromMilliseconds(20));
    }

    private bool Receives(string topic)
    {
        bool found = false;
        while (_inlet.TryReceive(out FeedMessage message))
        {
            Assert.True(FeedHeader.TryDecode(message.Header, out _));
            found |= Encoding.UTF8.GetString(message.Topic) == topic;
        }
        return found;
    }

    private int Drain(ZmqFeedOutlet? outlet = null)
    {
        int taken = 0;
        while ((outlet ?? _outlet).TryReceiveSubscription(out bool isAdded, out ReadOnlySpan<byte> changed))
        {
            if (outlet is null || outlet == _outlet)
                _subscriptions.Change(isAdded, changed);
            _lastTopic = Encoding.UTF8.GetString(changed);
            taken++;
        }
        return taken;
    }

    private void Send(string topic, ZmqFeedOutlet? outlet = null)
    {
        bool isBatch = topic == "log";
        Span<byte> header = stackalloc byte[FeedHeader.SizeBytes];
        new FeedHeader(
            isBatch ? FeedMessageKind.Batch : FeedMessageKind.Heartbeat, FeedRole.Follower, Guid.NewGuid(), new Term(1),
            new LogIndex(_next++), isBatch ? 1u : 0, new LogIndex(_next), 0, 0).Encode(header);
        (outlet ?? _outlet).Send(Encoding.UTF8.GetBytes(topic), header, isBatch ? Batch : default);
    }

    private static long ResidentBytes()
    {
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
