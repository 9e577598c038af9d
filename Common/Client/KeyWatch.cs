using System.Diagnostics;
using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>
/// Watches the keys that begin with a prefix, at one feed of several; at the next one when it falls silent. A hint:
/// what the feed drops, and what is written while the watch moves, it never hears of. Each change comes once at most,
/// in the order of the log. Owned by one thread.
/// </summary>
public sealed class KeyWatch : IDisposable
{
    /// <summary>
    /// A feed from which nothing came for so long is left for the next one. Heartbeats come every 100 ms.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private const long FrameSizeBytesMax = 8 << 20;
    private const int ReconnectIntervalMaxMs = 1_000;

    private readonly ZmqContext _context = SharedContext.Take();
    private readonly ZmqMessage _topic = new();
    private readonly ZmqMessage _header = new();
    private readonly ZmqMessage _records = new();
    private readonly IReadOnlyList<string> _feeds;
    private readonly byte[] _prefix;
    private readonly byte[] _wanted;
    private readonly Guid _clusterId;
    private SubscriberSocket _socket;
    private int _at;
    private long _heardTimestamp = Stopwatch.GetTimestamp();
    private ulong _lastIndex;

    /// <summary>Connects in the background.</summary>
    /// <param name="clusterId">The cluster; messages of others are dropped.</param>
    /// <param name="feeds"><c>host:port</c> of feeds, the best one first; one at least.</param>
    /// <param name="prefix">What the keys begin with; empty: any key.</param>
    /// <exception cref="FormatException">An address is none; the message says why.</exception>
    public KeyWatch(Guid clusterId, IReadOnlyList<string> feeds, ReadOnlySpan<byte> prefix)
    {
        (_clusterId, _feeds) = (clusterId, feeds);
        _prefix = prefix.ToArray();
        // Publishers take no longer ones; the rest of it is compared here.
        _wanted = [.. FeedTopics.Key, .. prefix[..Math.Min(prefix.Length, FeedSubscriptions.KeyPrefixBytesMax)]];
        try
        {
            _socket = Open(feeds[0]);
        }
        catch
        {
            SharedContext.Return();
            throw;
        }
    }

    /// <summary>The feed that is listened to.</summary>
    public string Feed => _feeds[_at];

    /// <summary>Whether it has spoken since the watch listens to it: from then on it tells of every write.</summary>
    public bool IsHeard { get; private set; }

    /// <summary>What the feed says it is.</summary>
    public FeedRole Role { get; private set; }

    /// <summary>Messages that made no sense, or came from another cluster.</summary>
    public long GarbageTotal { get; private set; }

    /// <summary>Waits for the next change.</summary>
    /// <param name="wait">How long at most; whole milliseconds.</param>
    /// <param name="change">The change.</param>
    /// <returns>False when none came in that time; <see cref="Feed"/> may be another one by now.</returns>
    public bool TryReceive(TimeSpan wait, out KeyChange? change)
    {
        change = null;
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan left = wait - Stopwatch.GetElapsedTime(start);
            _socket.Options.ReceiveTimeoutMs = Math.Max(0, (int)left.TotalMilliseconds);
            if (_socket.ReceiveFrame(_topic))
            {
                change = Read();
                if (change is not null)
                    return true;
            }
            if (Stopwatch.GetElapsedTime(_heardTimestamp) > Patience)
                Move();
            if (left <= TimeSpan.Zero)
                return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _topic.Dispose();
        _header.Dispose();
        _records.Dispose();
        SharedContext.Return();
    }

    private KeyChange? Read()
    {
        bool isWhole = TryReceiveRest(out bool hasRecords);
        if (!isWhole || !FeedHeader.TryDecode(_header.Span, out FeedHeader header) || header.ClusterId != _clusterId)
            return Garbage();
        IsHeard = true;
        Role = header.Role;
        _heardTimestamp = Stopwatch.GetTimestamp();
        if (header.Kind != FeedMessageKind.Key)
            return null;
        var reader = new RecordReader(hasRecords ? _records.Span : default, header.First, verify: true);
        if (!reader.Read()
            || !CommandPayload.TryRead(reader.Header.Kind, reader.Payload, out ReadOnlySpan<byte> payload)
            || !KvCommandView.TryRead(payload, out KvCommandView command))
            return Garbage();
        // A feed that is behind the last one tells of what is known already.
        if (header.First.Value <= _lastIndex || !command.Key.StartsWith(_prefix))
            return null;
        _lastIndex = header.First.Value;
        return new KeyChange(
            _lastIndex, reader.Header.Term.Value, TimeOf(reader.Header.TimeMicros), command.Operation,
            command.Key.ToArray(), command.HasValue ? command.Value.ToArray() : default, command.Delta);
    }

    // A header, and records or nothing; no more.
    private bool TryReceiveRest(out bool hasRecords)
    {
        hasRecords = false;
        if (!_topic.More || !_socket.TryReceiveFrame(_header))
            return false;
        if (!_header.More)
            return true;
        hasRecords = _socket.TryReceiveFrame(_records);
        bool isComplete = hasRecords && !_records.More;
        _socket.SkipRest(_records);
        return isComplete;
    }

    // Whatever a clock, or somebody who means harm, has written there.
    private static DateTimeOffset TimeOf(long micros) => DateTimeOffset.UnixEpoch.AddTicks(
        Math.Clamp(micros, 0, (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)
            * TimeSpan.TicksPerMicrosecond);

    private KeyChange? Garbage()
    {
        GarbageTotal++;
        return null;
    }

    private void Move()
    {
        int next = (_at + 1) % _feeds.Count;
        SubscriberSocket socket = Open(_feeds[next]);
        _socket.Dispose();
        (_socket, _at, IsHeard) = (socket, next, false);
        _heardTimestamp = Stopwatch.GetTimestamp();
    }

    private SubscriberSocket Open(string feed)
    {
        Endpoint endpoint = Endpoint.Parse(feed);
        var socket = new SubscriberSocket(_context);
        socket.Options.MaxMessageSizeBytes = FrameSizeBytesMax;
        socket.Options.ReconnectIntervalMaxMs = ReconnectIntervalMaxMs;
        // In this order: whoever hears a heartbeat is known to watch.
        socket.Subscribe(_wanted);
        socket.Subscribe(FeedTopics.Heartbeat);
        socket.Connect(endpoint);
        return socket;
    }
}
