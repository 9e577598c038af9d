using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Feed;

/// <summary>
/// Follows the committed log of a cluster: takes each record once, in order, without a gap, from whichever source has
/// it. The feed is a hint, Transfer fills what it lost; a batch is taken only if cluster, index and chain fit.
/// </summary>
/// <remarks>
/// Owned by one thread; no call waits. Where it stands is the header of the last record taken, so whoever stores that
/// with the records goes on exactly there. It never goes back, whatever a source says.
/// </remarks>
public sealed class LogFollower
{
    // Beyond this the process was not running, or not able to: no conclusions are drawn from silence in that time.
    private const long PauseMicros = 500_000;
    private const long JudgeMicros = 20_000;
    private const long IdleMicros = 100_000;

    private readonly LogFollowerOptions _options;
    private readonly IFeedInlet _inlet;
    private readonly IClock _clock;
    private readonly ILogSink _sink;
    private readonly SourceTable _sources;
    private readonly FollowerStanding _standing;
    private readonly HistoryFetch _history;
    private readonly LiveRun _run;
    private readonly BatchInterest _batches;
    private readonly ProgressWatch _progress;
    private RecordHeader _position;
    private bool _isChainKnown;
    private bool _isLive;
    private long _workedMicros;
    private long _judgedMicros;

    /// <summary>Makes a follower without sources.</summary>
    /// <param name="options">What it follows.</param>
    /// <param name="position">Header of the last record that its owner has; default: none.</param>
    /// <param name="inlet">The feeds.</param>
    /// <param name="transport">For history. The follower alone receives from it; others may send.</param>
    /// <param name="clock">Time.</param>
    /// <param name="sink">Where records go.</param>
    /// <param name="logger">Where lines go.</param>
    public LogFollower(
        LogFollowerOptions options, in RecordHeader position, IFeedInlet inlet, ITransferClientTransport transport,
        IClock clock, ILogSink sink, ILogger logger)
    {
        options.Validate();
        (_options, _position, _inlet, _clock, _sink) = (options, position, inlet, clock, sink);
        _isChainKnown = true;
        Counters = new FollowerCounters();
        _sources = new SourceTable(options, inlet, transport, Counters, logger);
        _history = new HistoryFetch(options, _sources, transport, Counters);
        _run = new LiveRun(options.HeldBytesMax);
        _batches = new BatchInterest(options, _sources, Counters);
        _workedMicros = clock.MonotonicMicros;
        _progress = new ProgressWatch(_sources, _history, _batches, _workedMicros);
        _standing = new FollowerStanding(_sources, options, logger, _workedMicros);
    }

    /// <summary>Header of the last record taken.</summary>
    public RecordHeader Position => _position;

    /// <summary>Where the follower stands.</summary>
    public FollowerState State => _standing.State;

    /// <summary>Why it takes nothing, in words; empty while it does.</summary>
    public string Why => _standing.Why;

    /// <summary>What to do about <see cref="Why"/>.</summary>
    public string Cure => _standing.Cure;

    /// <summary>What is lost, in state <see cref="FollowerState.Gap"/>; otherwise null.</summary>
    public FollowerGap? Gap => _standing.Gap;

    /// <summary>Name of the source that it follows; empty when there is none.</summary>
    public string Source => _sources.Chosen?.Who.Id ?? "";

    /// <summary>Last index that the source says to be committed; never below <see cref="Position"/>.</summary>
    public LogIndex Commit => LogIndex.Max(_position.Index, _sources.Chosen?.Commit ?? LogIndex.Zero);

    /// <summary>Bytes of live records held back.</summary>
    public long HeldBytes => _run.Bytes;

    /// <summary>What has been counted.</summary>
    public FollowerCounters Counters { get; }

    /// <summary>When <see cref="DoWork"/> wants to be called again even if nothing arrives.</summary>
    public long NextWorkMicros { get; private set; }

    /// <summary>Says whom to follow from now on. Addresses that are named twice count once.</summary>
    public void Use(IReadOnlyList<FollowSource> sources)
    {
        _sources.Use(sources, _clock.MonotonicMicros);
        if (_history.Source is { } asked && !_sources.All.Contains(asked))
            _history.End();
        NextWorkMicros = _clock.MonotonicMicros;
    }

    /// <summary>
    /// Goes on at another record, of which the one before is not known: behind a gap that the owner accepts, or where
    /// somebody wants to begin. Only forward.
    /// </summary>
    public void SkipTo(LogIndex next)
    {
        Check.That(next > _position.Index, "a follower never goes back");
        if (next == _position.Index.Next && _isChainKnown)
            return;
        _position = new RecordHeader(0, next.Previous, Term.Zero, 0, 0, RecordKind.NoOp);
        _isChainKnown = next.Value == 1;
        _history.End();
        foreach (FeedSource source in _sources.All)
            source.FetchAfterMicros = 0;
    }

    /// <summary>One round.</summary>
    /// <returns>Whether anything was done.</returns>
    public bool DoWork()
    {
        long now = _clock.MonotonicMicros;
        if (now - _workedMicros > PauseMicros)
            Forgive(now - _workedMicros);
        _workedMicros = now;
        bool worked = ReceiveLive(now, out bool left);
        worked |= ReceiveHistory(now, ref left);
        worked |= UseHeld(now);
        // What waits in the sockets may be the very sign of life that is missed.
        if (now - _judgedMicros >= JudgeMicros && (!left || now - _judgedMicros >= PauseMicros))
        {
            _judgedMicros = now;
            _sources.Judge(_position.Index, now);
            bool isInOrder = _isLive && _run.IsEmpty && !_history.IsOpen;
            if (_batches.Judge(_position.Index, isInOrder, now))
                ForgetLive();
            if (_progress.Judge(_position.Index, _standing.State, now))
                _isLive = false;
            _standing.Judge(_position.Index, _history.IsOpen || !_run.IsEmpty || !_batches.IsOn, now);
        }
        BeginFetch(now);
        NextWorkMicros = left ? now : Math.Min(now + IdleMicros, _history.NextWorkMicros);
        return worked;
    }

    private void Forgive(long pauseMicros)
    {
        _sources.Forgive(pauseMicros);
        _progress.Forgive(pauseMicros);
        _standing.Forgive(pauseMicros);
    }

    private bool ReceiveLive(long now, out bool left)
    {
        for (int i = 0; i < _options.MessagesPerRound; i++)
        {
            if (!_inlet.TryReceive(out FeedMessage message))
            {
                left = false;
                return i > 0;
            }
            if (_sources.Find(message.Source) is { } source)
                Take(source, message, now);
        }
        left = true;
        return true;
    }

    private void Take(FeedSource source, in FeedMessage message, long now)
    {
        bool isAvoided = now < source.AvoidUntilMicros;
        if (!FeedHeader.TryDecode(message.Header, out FeedHeader header))
        {
            Counters.MessagesMalformed++;
            if (!isAvoided)
                _sources.Avoid(source, SourceTrouble.Malformed, FeedHeader.Objection(message.Header), now);
            return;
        }
        // Trap 25: a name or an address may belong to somebody else by now.
        if (header.ClusterId != _options.ClusterId && !Mutants.FeedClusterIgnored)
        {
            Counters.MessagesForeign++;
            if (!isAvoided)
                _sources.Avoid(
                    source, SourceTrouble.Foreign, $"it publishes the log of cluster {header.ClusterId}", now);
            return;
        }
        source.Heard(header, now);
        if (isAvoided)
            return;
        if (header.Kind == FeedMessageKind.Batch)
            TakeBatch(source, header, message.Records, now);
        else if (header.Kind == FeedMessageKind.Heartbeat && header.Commit == _position.Index && _isChainKnown)
            Compare(source, header.PreviousChain, now);
    }

    /// <summary>A source that ends where the follower does shows whether it is the same log before anything is taken.
    /// </summary>
    private void Compare(FeedSource source, ulong chain, long now)
    {
        if (chain != _position.Chain)
            SetWrongChain(source, $"its record {_position.Index} is another one: the chains differ", now);
        else
            source.HasWrongChain = false;
    }

    private void TakeBatch(FeedSource source, in FeedHeader header, ReadOnlySpan<byte> records, long now)
    {
        LogIndex next = _position.Index.Next;
        if (header.First + header.Count <= next && !Mutants.FollowerRewinds)
        {
            Counters.BatchesOld++;
            return;
        }
        if (FeedBatch.Verify(header, records, out RecordHeader last) is { } wrong)
        {
            Counters.MessagesMalformed++;
            _sources.Avoid(source, SourceTrouble.Malformed, wrong, now);
            return;
        }
        bool isNext = header.First <= next || Mutants.GapAccepted;
        if (isNext && _sink.HasRoom(records.Length))
        {
            _isLive = TryJoin(source, header.First, header.PreviousChain, records, last, now);
            return;
        }
        if (!_batches.IsOn)
        {
            Counters.BatchesDropped++;
            return;
        }
        if (!isNext && _run.IsEmpty)
            Counters.GapsFound++;
        _progress.Note(source, now);
        int dropped = _run.Add(source, header, records, last);
        Counters.BatchesDropped += dropped;
        if (dropped > 0 && _batches.GiveUp(now))
            ForgetLive();
    }

    // What is held back is of no use any more, and what is published may pass by: all of it will be fetched.
    private void ForgetLive() =>
        (_isLive, Counters.BatchesDropped) = (false, Counters.BatchesDropped + _run.Clear());

    /// <summary>Takes verified records that begin at the next index or before it, if they continue what is here.
    /// </summary>
    private bool TryJoin(
        FeedSource source, LogIndex first, ulong previousChain, ReadOnlySpan<byte> records, in RecordHeader last,
        long now)
    {
        string? wrong = null;
        if (first <= _position.Index)
            wrong = Mutants.FollowerRewinds ? null : FeedBatch.Trim(first, _position, _isChainKnown, ref records);
        else if (_isChainKnown && previousChain != _position.Chain)
            wrong = $"its record {_position.Index} is another one: the chains differ";
        if (wrong is not null && !Mutants.GapAccepted)
        {
            SetWrongChain(source, wrong, now);
            return false;
        }
        if (_isChainKnown && FeedBatch.Continues(records, _position) is { } broken
            && !Mutants.GapAccepted && !Mutants.FollowerRewinds)
        {
            Counters.MessagesMalformed++;
            _sources.Avoid(source, SourceTrouble.Malformed, broken, now);
            return false;
        }
        Accept(source, records, last, now);
        return true;
    }

    private void Accept(FeedSource source, ReadOnlySpan<byte> records, in RecordHeader last, long now)
    {
        Counters.Records += (long)(last.Index.Value - _position.Index.Value);
        Counters.Bytes += records.Length;
        _batches.Note(records.Length, last.Index.Value - _position.Index.Value);
        _sink.Append(records, last);
        _position = last;
        _isChainKnown = true;
        _progress.Note(source, now);
        source.Delivered();
    }

    private bool ReceiveHistory(long now, ref bool left)
    {
        int taken = 0;
        while (taken < _options.MessagesPerRound)
        {
            FeedSource? source = _history.Source;
            if (!_history.TryReceive(now, out ReadOnlySpan<byte> records))
                break;
            taken++;
            if (records.Length > 0 && source is not null)
                TakeFetched(source, records, now);
        }
        left |= taken == _options.MessagesPerRound;
        // What was asked for is taken, whatever the room: without any, no more is asked for.
        if (_sink.HasRoom(_options.Fetch.ChunkBytes))
            _history.Release(now);
        else
            _progress.Begin(now);
        WorkHistory(now);
        return taken > 0;
    }

    private void TakeFetched(FeedSource source, ReadOnlySpan<byte> records, long now)
    {
        FeedBatch.Ends(records, out RecordHeader first, out RecordHeader last);
        if (last.Index <= _position.Index)
            return;
        (long recordsBefore, long bytesBefore) = (Counters.Records, Counters.Bytes);
        // The stream has compared the chains; that of a record taken meanwhile from the feed must agree too.
        if (!TryJoin(source, first.Index, _position.Chain, records, last, now))
            _history.End();
        Counters.RecordsFetched += Counters.Records - recordsBefore;
        Counters.BytesFetched += Counters.Bytes - bytesBefore;
    }

    private void WorkHistory(long now)
    {
        FeedSource? source = _history.Source;
        if (_history.Work(_position.Index, now) is { } otherLog && source is not null)
            SetWrongChain(source, otherLog, now);
    }

    /// <summary>Takes what was held back, as soon as nothing is missing before it.</summary>
    private bool UseHeld(long now)
    {
        bool worked = false;
        while (!_run.IsEmpty && _run.First <= _position.Index.Next && _sink.HasRoom(_run.Records.Length))
        {
            worked = true;
            _history.End();
            bool isNew = _run.LastOfFirst.Index > _position.Index;
            if (isNew && !TryJoin(_run.Source, _run.First, _run.PreviousChain, _run.Records, _run.LastOfFirst, now))
            {
                _run.Clear();
                return true;
            }
            _isLive |= isNew;
            _run.Remove();
        }
        return worked;
    }

    private void BeginFetch(long now)
    {
        if (_history.IsOpen || !_sink.HasRoom(_options.Fetch.ChunkBytes))
            return;
        if (!_run.IsEmpty)
        {
            if (_run.First > _position.Index.Next)
                _history.Begin(_position, _isChainKnown, _run.First, now);
        }
        else if (_sources.Chosen is { } chosen)
        {
            // What the heartbeat before the last one knew was published before the last one. Before the first batch
            // of a source, everything may have been.
            LogIndex published = _isLive && _batches.IsOn ? chosen.CommitBefore : chosen.Commit;
            if (published > _position.Index)
                _history.Begin(_position, _isChainKnown, LogIndex.Zero, now);
        }
    }

    private void SetWrongChain(FeedSource source, string why, long now)
    {
        Counters.ChainsWrong++;
        source.HasWrongChain = true;
        _isLive = false;
        if (_history.Source == source)
            _history.End();
        _sources.Avoid(source, SourceTrouble.WrongChain, why, now);
    }
}
