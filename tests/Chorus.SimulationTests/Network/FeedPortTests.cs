using System.Text;
using Chorus.Common.Feed;
using Chorus.Simulation.Network;
using Chorus.Simulation.World;

namespace Chorus.SimulationTests.Network;

public sealed class FeedPortTests
{
    private const string Source = "n1:16000";
    private readonly EventQueue _world = new();
    private readonly SimulatedNetwork _network;
    private readonly FeedOutletPort _outlet;
    private readonly FeedInletPort _inlet;
    private int _published;

    public FeedPortTests()
    {
        SeededRandom random = new(1);
        _network = new SimulatedNetwork(_world, random.Fork());
        _outlet = new FeedOutletPort(_network, random.Fork(), () => { }) { Tap = (_, _, _) => _published++ };
        _inlet = new FeedInletPort(_world, _network, random.Fork(), "o1", () => { });
        _network.Listen(Source, _outlet);
    }

    [Fact]
    public void A_subscriber_gets_in_order_what_it_asked_for_and_nothing_else()
    {
        _inlet.Follow(Source, FeedInterest.Everything);
        Run(1_000);
        Publish("log", "key/a", "hb", "log");
        Run(1_000);

        Assert.Equal(["log 0", "hb 2", "log 3"], Received());
        Assert.Equal(4, _published);
    }

    [Fact]
    public void A_publisher_hears_of_the_first_subscription_and_of_the_loss_of_the_last()
    {
        _inlet.Follow(Source, FeedInterest.Everything);
        Run(1_000);
        Assert.Equal(["+hb", "+log"], Changes());

        _inlet.Follow(Source, FeedInterest.Heartbeats);
        Run(1_000);
        Assert.Equal(["-log"], Changes());

        _inlet.Follow(Source, FeedInterest.None);
        Run(2_000);
        Assert.Equal(["-hb"], Changes());
    }

    [Fact]
    public void Messages_beyond_the_high_water_mark_are_lost_silently()
    {
        _inlet.Follow(Source, FeedInterest.Everything);
        Run(1_000);
        _network.Feed.HighWaterMark = 2;
        Publish("log", "log", "log", "log");
        Run(1_000);
        Publish("log");
        Run(1_000);

        Assert.Equal(["log 0", "log 1", "log 0"], Received());
        Assert.Equal(2, _network.Feed.Lost);
    }

    [Fact]
    public void A_short_partition_delays_and_a_long_one_breaks_the_connection_and_loses_what_was_queued()
    {
        _inlet.Follow(Source, FeedInterest.Everything);
        Run(1_000);
        _network.Block("n1", "o1");
        Publish("log");
        Run(100);
        Assert.Empty(Received());
        _network.HealAll();
        Run(100);
        Assert.Equal(["log 0"], Received());

        _network.Block("n1", "o1");
        Publish("log");
        Run(3_000);
        _network.HealAll();
        Run(1_000);
        Publish("log");
        Run(1_000);
        Assert.Equal(["log 0"], Received());
        Assert.Equal(["+hb", "+log", "-hb", "-log", "+hb", "+log"], Changes());
    }

    [Fact]
    public void A_source_that_ends_is_dialled_until_it_is_back()
    {
        _inlet.Follow(Source, FeedInterest.Everything);
        Run(1_000);
        _network.StopListening(Source, _outlet);
        _outlet.End();
        Run(2_000);
        var successor = new FeedOutletPort(_network, new SeededRandom(2), () => { }) { Tap = (_, _, _) => { } };
        _network.Listen(Source, successor);
        Run(2_000);
        successor.Send("log"u8, "new"u8, default);
        Run(1_000);

        Assert.Equal(["log new"], Received());
    }

    private void Run(int milliseconds)
    {
        long until = _world.Now + milliseconds * 1_000L;
        while (_world.RunNext(until))
        {
        }
    }

    private void Publish(params string[] topics)
    {
        for (int i = 0; i < topics.Length; i++)
            _outlet.Send(Encoding.UTF8.GetBytes(topics[i]), Encoding.UTF8.GetBytes($"{i}"), default);
    }

    private List<string> Received()
    {
        List<string> received = [];
        while (_inlet.TryReceive(out FeedMessage message))
            received.Add($"{Encoding.UTF8.GetString(message.Topic)} {Encoding.UTF8.GetString(message.Header)}");
        return received;
    }

    private List<string> Changes()
    {
        List<string> changes = [];
        while (_outlet.TryReceiveSubscription(out bool isAdded, out ReadOnlySpan<byte> topic))
            changes.Add($"{(isAdded ? '+' : '-')}{Encoding.UTF8.GetString(topic)}");
        return changes;
    }
}
