using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>
/// Publishes committed records as they stand in the log, each once, and how far it is. Called by the owner of the log;
/// never waits, never reads the disk: what memory no longer holds is left out, which subscribers see by the index and
/// fetch by Transfer. Nothing is read or copied while nobody subscribes to it.
/// </summary>
/// <param name="outlet">Where it goes.</param>
/// <param name="clusterId">The log's cluster.</param>
public sealed class FeedPublisher(IFeedOutlet outlet, Guid clusterId)
{
    /// <summary>Most bytes of records in one message; a single record may be longer.</summary>
    public const int BatchBytesMax = 128 << 10;

    /// <summary>Time between heartbeats, in microseconds.</summary>
    public const long HeartbeatMicros = 100_000;

    /// <summary>
    /// Least time between two rounds of batches, in microseconds: what is committed meanwhile goes out together, and
    /// costs everybody who listens one round of work. What is committed behind a pause goes out at once.
    /// </summary>
    public const long PaceMicros = 1_000;

    /// <summary>
    /// Least time behind a round of many bytes, in microseconds: where much is committed all the time, fewer and larger
    /// rounds leave the cores to those who agree on it.
    /// </summary>
    public const long PaceMicrosMax = 3_000;

    // Beyond so much the rounds grow until they are PaceMicrosMax apart; below it they are PaceMicros apart.
    private const long PaceBytesPerMicro = 4;

    private const int SubscriptionsPerRound = 256;
    private const long BytesPerRound = 8 << 20;
    private const int KeyTopicBytesMax = 16 << 10;

    private readonly FeedSubscriptions _subscriptions = new();
    private readonly byte[] _header = new byte[FeedHeader.SizeBytes];
    private readonly byte[] _topic = new byte[KeyTopicBytesMax];
    private LogIndex _position;
    private ulong _chain;
    private bool _isChainKnown;
    private long _heartbeatMicros;
    private long _paceMicros;

    /// <summary>
    /// When it wants to be called again even if nothing more is committed, on the clock of the calls.
    /// </summary>
    public long NextWorkMicros { get; private set; }

    /// <summary>Whether committed records are left for the next call.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Batches published, since the start.</summary>
    public long Batches { get; private set; }

    /// <summary>Records left out because memory no longer held them, since the start.</summary>
    public long Skipped { get; private set; }

    /// <summary>Subscriptions to keys that were not taken, because there were too many or they were too long.</summary>
    public long SubscriptionsRefused => _subscriptions.Refused;

    /// <summary>Publishes what is new.</summary>
    /// <param name="log">Holds the records.</param>
    /// <param name="commit">Last index that may be published: committed; a logger's: durable.</param>
    /// <param name="term">The publisher's term.</param>
    /// <param name="role">What the publisher is.</param>
    /// <param name="nowMicros">A monotonic clock.</param>
    /// <returns>Whether anything was done.</returns>
    public bool Work(RecordLog log, LogIndex commit, Term term, FeedRole role, long nowMicros)
    {
        bool worked = TakeSubscriptions();
        LogIndex end = Mutants.FeedPublishesOnAppend ? log.LastIndex : commit;
        bool isHeartbeatDue = nowMicros >= _heartbeatMicros;
        // Whoever hears a heartbeat may count on everything that the one before it knew having been published.
        if (nowMicros >= _paceMicros || isHeartbeatDue)
            worked |= Publish(log, end, commit, term, role, nowMicros);
        if (isHeartbeatDue)
        {
            _heartbeatMicros = nowMicros + HeartbeatMicros;
            Beat(log, commit, term, role);
        }
        bool isWaiting = _position < end && _subscriptions.WantsAny;
        NextWorkMicros = isWaiting ? Math.Min(_paceMicros, _heartbeatMicros) : _heartbeatMicros;
        return worked || isHeartbeatDue;
    }

    private void Beat(RecordLog log, LogIndex commit, Term term, FeedRole role)
    {
        // Of a record that only the disk holds the chain is not known here: a node that has just started, and hears
        // from nobody, is silent. Who subscribes is not asked: a heartbeat is cheap, and a follower that misses them
        // leaves.
        if (IsKnown(log, commit))
        {
            LogIndex told = Mutants.HeartbeatWithoutCommit ? LogIndex.Zero : commit;
            Encode(FeedMessageKind.Heartbeat, role, term, told.Next, 0, told, ChainOf(log, told), TimeOf(log, told));
            outlet.Send(FeedTopics.Heartbeat, _header, default);
        }
    }

    private bool TakeSubscriptions()
    {
        for (int i = 0; i < SubscriptionsPerRound; i++)
        {
            if (!outlet.TryReceiveSubscription(out bool isAdded, out ReadOnlySpan<byte> topic))
                return i > 0;
            _subscriptions.Change(isAdded, topic);
        }
        return true;
    }

    private bool Publish(
        RecordLog log, LogIndex end, LogIndex commit, Term term, FeedRole role, long nowMicros)
    {
        HasMore = false;
        if (end <= _position)
            return false;
        if (!_subscriptions.WantsAny)
        {
            MoveTo(end);
            return false;
        }
        if (!log.IsAtHand(_position.Next) || !(_isChainKnown || IsKnown(log, _position)))
        {
            Skipped += (long)(end.Value - _position.Value);
            MoveTo(end);
            return false;
        }
        if (!_isChainKnown)
            (_chain, _isChainKnown) = (ChainOf(log, _position), true);
        LogIndex known = LogIndex.Max(commit, end);
        long sent = 0;
        while (_position < end && sent < BytesPerRound)
        {
            LogIndex from = _position.Next;
            LogIndex until = log.Fit(from, end.Next, BatchBytesMax, out _);
            ReadOnlySpan<byte> records = log.Read(from, until, out _);
            if (_subscriptions.WantsLog)
            {
                uint count = (uint)(until.Value - from.Value);
                Encode(FeedMessageKind.Batch, role, term, from, count, known, _chain, TimeOf(log, known));
                outlet.Send(FeedTopics.Log, _header, records);
                Batches++;
            }
            if (_subscriptions.WantsKeys)
                PublishKeys(records, from, known, term, role);
            sent += records.Length;
            MoveTo(until.Previous);
            (_chain, _isChainKnown) = (ChainOf(log, _position), true);
        }
        HasMore = _position < end;
        _paceMicros = HasMore ? nowMicros : nowMicros + Math.Clamp(sent / PaceBytesPerMicro, PaceMicros, PaceMicrosMax);
        return true;
    }

    private void PublishKeys(ReadOnlySpan<byte> records, LogIndex from, LogIndex commit, Term term, FeedRole role)
    {
        ulong chain = _chain;
        var reader = new RecordReader(records, from, verify: false);
        while (reader.Read())
        {
            RecordHeader header = reader.Header;
            if (CommandPayload.TryRead(header.Kind, reader.Payload, out ReadOnlySpan<byte> payload)
                && KvCommandView.TryRead(payload, out KvCommandView command)
                && command.Key.Length <= KeyTopicBytesMax - FeedTopics.Key.Length
                && _subscriptions.Watches(command.Key))
            {
                FeedTopics.Key.CopyTo(_topic);
                command.Key.CopyTo(_topic.AsSpan(FeedTopics.Key.Length));
                Encode(FeedMessageKind.Key, role, term, header.Index, 1, commit, chain, header.TimeMicros);
                outlet.Send(
                    _topic.AsSpan(0, FeedTopics.Key.Length + command.Key.Length), _header,
                    records.Slice(reader.Offset, header.RecordLength));
            }
            chain = header.Chain;
        }
    }

    private void MoveTo(LogIndex index)
    {
        _position = index;
        _isChainKnown = false;
    }

    private static bool IsKnown(RecordLog log, LogIndex index) =>
        index == LogIndex.Zero || index == log.LastIndex || index == log.Base.Index
        || index < log.LastIndex && log.IsAtHand(index);

    private static ulong ChainOf(RecordLog log, LogIndex index) =>
        index == LogIndex.Zero ? 0 : log.HeaderAt(index).Chain;

    private static long TimeOf(RecordLog log, LogIndex index) =>
        index == LogIndex.Zero || !IsKnown(log, index) ? 0 : log.HeaderAt(index).TimeMicros;

    private void Encode(
        FeedMessageKind kind, FeedRole role, Term term, LogIndex first, uint count, LogIndex commit, ulong chain,
        long time) =>
        new FeedHeader(kind, role, clusterId, term, first, count, commit, chain, time).Encode(_header);
}
