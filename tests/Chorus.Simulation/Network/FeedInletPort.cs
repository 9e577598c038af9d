using Chorus.Common.Feed;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Network;

/// <summary>The SUB sockets of one process, one for each source.</summary>
/// <param name="world">Time.</param>
/// <param name="network">What carries the messages.</param>
/// <param name="random">Chance.</param>
/// <param name="machine">The machine that the process runs on.</param>
/// <param name="wake">Called when a message has arrived.</param>
internal sealed class FeedInletPort(
    EventQueue world, SimulatedNetwork network, SeededRandom random, string machine, Action wake)
    : IFeedInlet, IConnectionEnd
{
    private const int WaitingMax = 64;

    private readonly SortedDictionary<string, (Connection Connection, FeedInterest Interest)> _sources =
        new(StringComparer.Ordinal);
    private readonly Queue<(string Source, byte[][] Frames)> _waiting = new();

    public bool HasRoom => _waiting.Count < WaitingMax;

    /// <summary>The source from which everything is wanted; null when there is none.</summary>
    public string? Chosen =>
        _sources.Where(source => source.Value.Interest == FeedInterest.Everything).Select(source => source.Key)
            .FirstOrDefault();

    public void Follow(string address, FeedInterest interest)
    {
        bool isKnown = _sources.TryGetValue(address, out (Connection Connection, FeedInterest Interest) source);
        if (interest == FeedInterest.None)
        {
            source.Connection?.Abandon();
            _sources.Remove(address);
            return;
        }
        if (!isKnown)
            source = (new Connection(world, network, random, machine, address, this), FeedInterest.None);
        else
            Subscribe(source.Connection, source.Interest, interest);
        _sources[address] = (source.Connection, interest);
    }

    public bool TryReceive(out FeedMessage message)
    {
        bool any = _waiting.TryDequeue(out (string Source, byte[][] Frames) next);
        message = any
            ? new FeedMessage
            {
                Source = next.Source,
                Topic = next.Frames[0],
                Header = next.Frames[1],
                Records = next.Frames[2],
            }
            : default;
        return any;
    }

    public void Opened(Connection connection)
    {
        if (_sources.TryGetValue(connection.Address, out (Connection Connection, FeedInterest Interest) source))
            Subscribe(connection, FeedInterest.None, source.Interest);
    }

    public void Closed(Connection connection)
    {
    }

    public void Arrive(Connection connection, byte[][] frames)
    {
        _waiting.Enqueue((connection.Address, frames));
        wake();
    }

    /// <summary>The process is gone.</summary>
    public void End()
    {
        foreach ((Connection connection, _) in _sources.Values)
            connection.Abandon();
        _sources.Clear();
    }

    private static void Subscribe(Connection connection, FeedInterest before, FeedInterest after)
    {
        Change(connection, FeedTopics.Heartbeat, before >= FeedInterest.Heartbeats, after >= FeedInterest.Heartbeats);
        Change(connection, FeedTopics.Log, before >= FeedInterest.Everything, after >= FeedInterest.Everything);
    }

    private static void Change(Connection connection, ReadOnlySpan<byte> topic, bool before, bool after)
    {
        if (before != after)
            connection.SendThere([[(byte)(after ? 1 : 0), .. topic]]);
    }
}
