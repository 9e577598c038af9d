using System.Text;
using Chorus.Common.Replica;
using Chorus.Simulation.Network;
using Chorus.Simulation.World;

namespace Chorus.SimulationTests.Network;

public sealed class TransferPortTests
{
    private const string Source = "n1:14000";
    private readonly EventQueue _world = new();
    private readonly SimulatedNetwork _network;
    private readonly TransferServerPort _server;
    private readonly TransferClientPort _client;

    public TransferPortTests()
    {
        SeededRandom random = new(1);
        _network = new SimulatedNetwork(_world, random.Fork());
        _server = new TransferServerPort(_network, random.Fork(), () => { });
        _client = new TransferClientPort(_world, _network, random.Fork(), "o1", () => { }) { Tap = (_, _) => { } };
        _network.Listen(Source, _server);
        Assert.False(Ask("dial"), "nothing can be sent before the connection stands");
        Run(1_000);
    }

    [Fact]
    public void An_answer_goes_to_whoever_asked()
    {
        Assert.True(Ask("question"));
        Run(100);
        Assert.True(_server.TryReceive(out ClientConnection from, out ReadOnlySpan<byte> header, out _));
        Assert.Equal("question", Encoding.UTF8.GetString(header));
        Assert.True(_server.TrySend(from, "answer"u8, "body"u8));
        Run(100);

        Assert.True(_client.TryReceive(out string address, out header, out ReadOnlySpan<byte> body));
        Assert.Equal((Source, "answer", "body"),
            (address, Encoding.UTF8.GetString(header), Encoding.UTF8.GetString(body)));
    }

    [Fact]
    public void Nothing_can_be_sent_to_a_receiver_that_left()
    {
        Ask("question");
        Run(100);
        _server.TryReceive(out ClientConnection from, out _, out _);
        _client.Disconnect(Source);
        Run(2_000);

        Assert.False(_server.TrySend(from, "answer"u8, default));
    }

    [Fact]
    public void Answers_to_a_connection_that_broke_do_not_reach_the_next_one()
    {
        Ask("question");
        Run(100);
        _server.TryReceive(out ClientConnection from, out _, out _);
        _server.TrySend(from, "answer"u8, default);
        _network.Block("n1", "o1");
        Run(3_000);
        _network.HealAll();
        Run(2_000);

        Assert.False(_client.TryReceive(out _, out _, out _));
        Assert.True(Ask("again"));
    }

    private bool Ask(string text) => _client.TrySend(Source, Encoding.UTF8.GetBytes(text), default);

    private void Run(int milliseconds)
    {
        long until = _world.Now + milliseconds * 1_000L;
        while (_world.RunNext(until))
        {
        }
    }
}
