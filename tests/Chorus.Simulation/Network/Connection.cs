using Chorus.Simulation.World;

namespace Chorus.Simulation.Network;

/// <summary>
/// A connection from one machine to an address: dialled until somebody listens there, broken by partitions, by the end
/// of a process and by chance, and dialled again for as long as the one who dials wants it.
/// </summary>
internal sealed class Connection
{
    private const long RedialMicros = 100_000;

    private readonly EventQueue _world;
    private readonly SimulatedNetwork _network;
    private readonly SeededRandom _random;
    private readonly IConnectionEnd _dialler;
    private IConnectionEnd? _listener;
    private Pipe? _there;
    private Pipe? _back;
    private bool _isAbandoned;

    public Connection(
        EventQueue world, SimulatedNetwork network, SeededRandom random, string machine, string address,
        IConnectionEnd dialler)
    {
        (_world, _network, _random, _dialler) = (world, network, random, dialler);
        (Machine, Address) = (machine, address);
        Number = network.NextConnection();
        _world.After(network.Delay(random), Dial);
    }

    /// <summary>Distinguishes connections.</summary>
    public long Number { get; }

    /// <summary>The machine that dials.</summary>
    public string Machine { get; }

    /// <summary>The address that is dialled.</summary>
    public string Address { get; }

    /// <summary>Whether the connection stands.</summary>
    public bool IsUp => _there is not null;

    /// <summary>Messages on their way to the one who was dialled.</summary>
    public int CountThere => _there?.Count ?? 0;

    /// <summary>Messages on their way to the one who dialled.</summary>
    public int CountBack => _back?.Count ?? 0;

    /// <summary>Sends to the one who was dialled; lost while the connection does not stand.</summary>
    public void SendThere(params byte[][] frames) => _there?.Send(frames);

    /// <summary>Sends to the one who dialled; lost while the connection does not stand.</summary>
    public void SendBack(params byte[][] frames) => _back?.Send(frames);

    /// <summary>The connection breaks: both ends hear of it, and it is dialled again.</summary>
    public void Break()
    {
        if (!TakeDown(out IConnectionEnd? listener))
            return;
        listener.Closed(this);
        _dialler.Closed(this);
        Redial();
    }

    /// <summary>The one who dialled is gone, or wants it no longer: the other end hears of it later.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        if (TakeDown(out IConnectionEnd? listener))
            _world.After(NoticeMicros(), () => listener.Closed(this));
    }

    /// <summary>The one who was dialled is gone: the other end hears of it later, and dials again.</summary>
    public void Lose()
    {
        if (!TakeDown(out _))
            return;
        _world.After(NoticeMicros(), () =>
        {
            if (_isAbandoned)
                return;
            _dialler.Closed(this);
            Redial();
        });
    }

    private bool TakeDown(out IConnectionEnd listener)
    {
        listener = _listener!;
        if (_there is null)
            return false;
        _there.Close();
        _back!.Close();
        _there = _back = null;
        _listener = null;
        return true;
    }

    private void Redial() => _world.After(RedialMicros / 2 + _random.Exponential(RedialMicros / 2.0), Dial);

    private void Dial()
    {
        if (_isAbandoned)
            return;
        string to = SimulatedNetwork.MachineOf(Address);
        if (_network.ListenerAt(Address) is not { } listener || !_network.Passes(Machine, to)
            || !_network.Passes(to, Machine))
        {
            Redial();
            return;
        }
        _listener = listener;
        _there = new Pipe(_world, _network, _random, Machine, to) { Receiver = listener, Connection = this };
        _back = new Pipe(_world, _network, _random, to, Machine) { Receiver = _dialler, Connection = this };
        listener.Opened(this);
        _dialler.Opened(this);
    }

    // A machine without power says nothing: the other one finds out by the heartbeats that do not come.
    private long NoticeMicros()
    {
        string to = SimulatedNetwork.MachineOf(Address);
        bool passes = _network.Passes(Machine, to) && _network.Passes(to, Machine) && _random.Chance(0.7);
        return passes ? _network.Delay(_random) : Pipe.TimeoutMicros;
    }
}
