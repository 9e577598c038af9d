using Chorus.Simulation.World;

namespace Chorus.Simulation.Network;

/// <summary>
/// Carries messages between machines, by rules and partitions that faults change. Machines are known by the part of
/// an address before the colon.
/// </summary>
internal sealed class SimulatedNetwork(EventQueue world, SeededRandom random)
{
    private const int HeldMax = 2_000;

    private readonly Dictionary<string, IEndpoint> _endpoints = new(StringComparer.Ordinal);
    private readonly HashSet<(string From, string To)> _blocked = [];
    private readonly Dictionary<(string From, string To), long> _lastArrival = [];
    private readonly Dictionary<(string From, string To), List<Action>> _held = [];
    private readonly Dictionary<string, IConnectionEnd> _listeners = new(StringComparer.Ordinal);
    private long _connections;

    public LinkRules Rules { get; set; } = new();

    /// <summary>How feeds are treated.</summary>
    public FeedRules Feed { get; set; } = new();

    /// <summary>Messages given to the network.</summary>
    public long Sent { get; private set; }

    /// <summary>Messages that did not arrive.</summary>
    public long Lost { get; private set; }

    /// <summary>Opens an address; what arrives there goes to the endpoint.</summary>
    public void Open(string address, IEndpoint endpoint) => _endpoints[address] = endpoint;

    /// <summary>Closes an address, when that endpoint still has it.</summary>
    public void Close(string address, IEndpoint endpoint)
    {
        if (_endpoints.TryGetValue(address, out IEndpoint? there) && there == endpoint)
            _endpoints.Remove(address);
    }

    /// <summary>Opens an address for connections.</summary>
    public void Listen(string address, IConnectionEnd end) => _listeners[address] = end;

    /// <summary>No more connections are taken at an address.</summary>
    public void StopListening(string address, IConnectionEnd end)
    {
        if (ListenerAt(address) == end)
            _listeners.Remove(address);
    }

    /// <summary>Who takes connections at an address; null when nobody does.</summary>
    public IConnectionEnd? ListenerAt(string address) => _listeners.GetValueOrDefault(address);

    /// <summary>A number for a new connection.</summary>
    public long NextConnection() => ++_connections;

    /// <summary>How long a message is under way at the moment.</summary>
    /// <param name="chance">The connection's own chance, so that it does not shift what befalls others.</param>
    public long Delay(SeededRandom chance) => 20 + chance.Exponential(
        chance.Chance(Rules.StragglerChance) ? Rules.StragglerMicros : Rules.DelayMicros);

    /// <summary>Nothing passes from one machine to the other any more.</summary>
    public void Block(string from, string to) => _blocked.Add((from, to));

    /// <summary>Everything passes again.</summary>
    public void HealAll() => _blocked.Clear();

    /// <summary>What one machine says to another waits until it is released.</summary>
    public void Hold(string from, string to) => _held.TryAdd((from, to), []);

    /// <summary>What has waited arrives now.</summary>
    public void Release(string from, string to)
    {
        if (!_held.Remove((from, to), out List<Action>? waiting))
            return;
        foreach (Action arrival in waiting)
            world.After(random.Exponential(Rules.DelayMicros), arrival);
    }

    /// <summary>Whether the network lets messages through from one machine to another.</summary>
    public bool Passes(string from, string to) => !_blocked.Contains((from, to));

    /// <summary>Carries a message between replicas.</summary>
    public void SendBetweenPeers(string from, string address, byte[] first, byte[] second)
    {
        Send(from, address, address, first, second, Rules.PeerLoss);
        if (random.Chance(Rules.PeerDuplication))
            Send(from, address, address, first, second, Rules.PeerLoss);
    }

    /// <summary>
    /// Carries a message from or to a client: never twice, since a connection does not repeat itself.
    /// </summary>
    public void SendForClient(string from, string replyAddress, string address, byte[] frame) =>
        Send(from, replyAddress, address, frame, [], Rules.ClientLoss);

    /// <summary>The machine that an address belongs to.</summary>
    public static string MachineOf(string address) => address[..address.IndexOf(':')];

    private void Send(string from, string sender, string address, byte[] first, byte[] second, double loss)
    {
        Sent++;
        string to = MachineOf(address);
        if (!Passes(from, to) || random.Chance(loss))
        {
            Lost++;
            return;
        }
        void Arrival() => Arrive(from, sender, address, first, second);
        if (_held.TryGetValue((from, to), out List<Action>? waiting) && waiting.Count < HeldMax)
            waiting.Add(Arrival);
        else
            world.At(ArrivalTime(from, to), Arrival);
    }

    private long ArrivalTime(string from, string to)
    {
        bool late = random.Chance(Rules.StragglerChance);
        long at = world.Now + 20 + random.Exponential(late ? Rules.StragglerMicros : Rules.DelayMicros);
        if (!Rules.KeepsOrder)
            return at;
        _lastArrival.TryGetValue((from, to), out long last);
        at = Math.Max(at, last + 1);
        _lastArrival[(from, to)] = at;
        return at;
    }

    private void Arrive(string from, string sender, string address, byte[] first, byte[] second)
    {
        // A partition kills half of what was already under way: the other half had just passed.
        bool passes = Passes(from, MachineOf(address)) || random.Chance(0.5);
        if (passes && _endpoints.TryGetValue(address, out IEndpoint? endpoint))
            endpoint.Arrive(sender, first, second);
        else
            Lost++;
    }
}
