using Chorus.Common.Feed;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Network;

/// <summary>
/// The XPUB socket of one process: a message goes to whoever subscribed to a prefix of its topic, unless that one's
/// queue is full or the moment is bad; then it is lost, silently.
/// </summary>
/// <param name="network">Its rules say how much is lost.</param>
/// <param name="random">Chance.</param>
/// <param name="wake">Called when a subscription has arrived.</param>
internal sealed class FeedOutletPort(SimulatedNetwork network, SeededRandom random, Action wake)
    : IFeedOutlet, IConnectionEnd
{
    private readonly List<(Connection Connection, List<byte[]> Prefixes)> _subscribers = [];
    private readonly Queue<(bool IsAdded, byte[] Topic)> _changes = new();

    /// <summary>Sees every message that is published, whether somebody subscribed or not.</summary>
    public required Action<byte[], byte[], byte[]> Tap { get; init; }

    /// <summary>Messages that were given to a subscriber's connection.</summary>
    public long Delivered { get; private set; }

    public bool HasRoom => true;

    public bool TryReceiveSubscription(out bool isAdded, out ReadOnlySpan<byte> topic)
    {
        bool any = _changes.TryDequeue(out (bool IsAdded, byte[] Topic) change);
        isAdded = change.IsAdded;
        topic = change.Topic;
        return any;
    }

    public void Send(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records)
    {
        byte[][] frames = [topic.ToArray(), header.ToArray(), records.ToArray()];
        Tap(frames[0], frames[1], frames[2]);
        FeedRules rules = network.Feed;
        foreach ((Connection connection, List<byte[]> prefixes) in _subscribers)
        {
            if (!prefixes.Exists(prefix => frames[0].AsSpan().StartsWith(prefix)))
                continue;
            bool isLost = connection.CountBack >= rules.HighWaterMark || random.Chance(rules.Loss)
                || (rules.LosesBatches && frames[2].Length > 0);
            if (isLost)
            {
                rules.Lost++;
                continue;
            }
            Delivered++;
            connection.SendBack(rules.Liar?.Change(frames, random) ?? frames);
        }
    }

    public void Opened(Connection connection) => _subscribers.Add((connection, []));

    public void Closed(Connection connection)
    {
        int at = _subscribers.FindIndex(subscriber => subscriber.Connection == connection);
        if (at < 0)
            return;
        List<byte[]> prefixes = _subscribers[at].Prefixes;
        _subscribers.RemoveAt(at);
        foreach (byte[] prefix in prefixes)
            NoteLost(prefix);
    }

    public void Arrive(Connection connection, byte[][] frames)
    {
        List<byte[]>? prefixes = _subscribers.Find(subscriber => subscriber.Connection == connection).Prefixes;
        if (prefixes is null)
            return;
        byte[] topic = frames[0][1..];
        if (frames[0][0] == 1)
        {
            bool isFirst = !IsWanted(topic);
            prefixes.Add(topic);
            if (isFirst)
                Note(isAdded: true, topic);
            return;
        }
        int at = prefixes.FindIndex(prefix => prefix.AsSpan().SequenceEqual(topic));
        if (at < 0)
            return;
        prefixes.RemoveAt(at);
        NoteLost(topic);
    }

    /// <summary>The process is gone.</summary>
    public void End()
    {
        List<Connection> connections = [.. _subscribers.Select(subscriber => subscriber.Connection)];
        _subscribers.Clear();
        foreach (Connection connection in connections)
            connection.Lose();
    }

    private bool IsWanted(byte[] topic) => _subscribers.Exists(
        subscriber => subscriber.Prefixes.Exists(prefix => prefix.AsSpan().SequenceEqual(topic)));

    private void NoteLost(byte[] topic)
    {
        if (!IsWanted(topic))
            Note(isAdded: false, topic);
    }

    private void Note(bool isAdded, byte[] topic)
    {
        _changes.Enqueue((isAdded, topic));
        wake();
    }
}
