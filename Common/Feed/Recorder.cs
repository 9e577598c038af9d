using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Feed;

/// <summary>
/// An observer that makes durable what it follows, in the same log as a replica's: shows it to those who fetch,
/// publishes it, and reports how far it is. Where it goes on after a restart is the end of that log, so nothing is
/// recorded twice and nothing left out.
/// </summary>
/// <remarks>
/// Called by one owner, a thread in production and the simulator's event loop in tests; no call blocks. What it records
/// is committed, so it never truncates.
/// </remarks>
public sealed class Recorder : ILogSink
{
    private const long MaintainMicros = 50_000;
    private const long RetentionMicros = 1_000_000;

    // A disk that is slow, or busy with others, is left alone for much longer than a write took: it may be the one that
    // the voters wait for, and whoever needs to know that a record is durable has the voters' word already.
    private const long FlushPauseFactor = 4;
    private const long FlushPauseMicrosMax = 25_000;

    private readonly RecorderOptions _options;
    private readonly RecordLog _log;
    private readonly RecorderPorts _ports;
    private readonly IClock _clock;
    private readonly ILogger _logger;
    private readonly LogFollower _follower;
    private readonly RecorderMembership _membership;
    private readonly RecorderStanding _standing;
    private readonly FeedPublisher? _publisher;
    private readonly RecorderRetention? _retention;
    private readonly Queue<(LogIndex Last, long Commands)> _flushed = new();
    private LogExtent _extent;
    private Term _term;
    private LogIndex _commitSaved;
    private LogIndex _flushedLast;
    private long _commands;
    private long _flushDueMicros = long.MaxValue;
    private long _flushedMicros;
    private long _flushTookMicros;
    private long _maintainMicros;
    private long _retentionMicros;
    private long _commitDueMicros;
    private long _reportedMicros;
    private LogIndex _reported;
    private bool _wasDiskFull;

    /// <summary>Puts a recorder together.</summary>
    /// <param name="options">Who it is.</param>
    /// <param name="log">Its record, just recovered.</param>
    /// <param name="clusterId">The cluster that the log belongs to.</param>
    /// <param name="ports">What it speaks to the world through.</param>
    /// <param name="logger">Where lines go.</param>
    public Recorder(
        RecorderOptions options, RecordLog log, Guid clusterId, RecorderPorts ports, ILogger logger)
    {
        options.Validate();
        Check.That(options.Follow.ClusterId == clusterId, "a recorder follows the cluster of its log");
        (_options, _log, _ports, _clock, _logger) = (options, log, ports, ports.Clock, logger);
        long now = _clock.MonotonicMicros;
        _term = log.Recovered.HardState.Term;
        _commitSaved = log.Recovered.HardState.Commit;
        _membership = new RecorderMembership(options, log.Recovered.Log.Configurations, now);
        _publisher = ports.Feed is null ? null : new FeedPublisher(ports.Feed, clusterId);
        if (options.KeepBytes is { } keep)
            _retention = new RecorderRetention(log, keep, ports);
        _follower = new LogFollower(
            options.Follow, log.HeaderAt(log.LastIndex), ports.Inlet, ports.Transfer, _clock, this, logger);
        _follower.Use(_membership.Sources);
        _standing = new RecorderStanding(ports.Following, _follower);
        _commitDueMicros = now + options.CommitMicros;
        foreach (string note in log.RecoveryNotes)
            logger.Recovered(options.Id, note);
        if (_commitSaved > log.LastIndex)
            logger.LostRecords(options.Id, log.LastIndex, _commitSaved);
        logger.Records(options.Id, clusterId, log.LastIndex);
        _extent = log.ExtentUpTo(log.DurableIndex);
        Show();
    }

    /// <summary>What it follows, for looking at.</summary>
    public LogFollower Follower => _follower;

    /// <summary>Last index that is durable.</summary>
    public LogIndex DurableIndex => _extent.Limit.Index;

    /// <summary>Time of that record: the leader's clock at append, microseconds since 1970.</summary>
    public long DurableTimeMicros => _extent.Limit.TimeMicros;

    /// <summary>First index that is kept.</summary>
    public LogIndex FirstIndex => _log.FirstIndex;

    /// <summary>The newest configuration that is known; the same object until there is a newer one.</summary>
    public Configuration Members => _membership.Latest;

    /// <summary>Commands that this process has made durable.</summary>
    public long DurableCommands { get; private set; }

    /// <summary>Batches that the disk has made durable.</summary>
    public long DiskBatches { get; private set; }

    /// <summary>Whether the cluster has removed the observer: it records no more, and goes on serving what it has.
    /// </summary>
    public bool IsRemoved { get; private set; }

    /// <summary>When <see cref="DoWork"/> wants to be called again even if nothing arrives.</summary>
    public long NextWorkMicros { get; private set; }

    /// <summary>One round.</summary>
    /// <returns>Whether anything was done.</returns>
    /// <exception cref="ReplicaStoppedException">The disk failed; the recorder must stop.</exception>
    /// <exception cref="LogCorruptionException">The log is not what it must be; the recorder must stop.</exception>
    public bool DoWork()
    {
        long now = _clock.MonotonicMicros;
        bool worked = TakeCompletions(now);
        if (!IsRemoved)
        {
            worked |= _follower.DoWork();
            JudgeMembership(now);
        }
        SaveCommit(now);
        FlushWhenDue(now);
        Maintain(now);
        worked |= _publisher is not null
            && _publisher.Work(_log, DurableIndex, _extent.Limit.Term, FeedRole.Logger, now);
        Report(now);
        NextWorkMicros = Next(now);
        return worked;
    }

    /// <summary>Writes everything out, to be called again until it is done; nothing is followed any more.</summary>
    /// <returns>Whether everything is durable.</returns>
    /// <exception cref="ReplicaStoppedException">The disk failed.</exception>
    public bool Drain()
    {
        long now = _clock.MonotonicMicros;
        TakeCompletions(now);
        if (_log.IsBusy)
            return false;
        if (_log.DurableIndex == _log.LastIndex && _commitSaved < _log.DurableIndex)
            Save(_log.DurableIndex);
        else if (_log.PendingBytes == 0)
            return true;
        Flush(now);
        return !_log.IsBusy;
    }

    bool ILogSink.HasRoom(long bytes) => _log.HasRoom(bytes);

    void ILogSink.Append(ReadOnlySpan<byte> records, in RecordHeader last)
    {
        int start = 0;
        bool isNews = false;
        for (int at = 0; at < records.Length;)
        {
            RecordHeader header = RecordCodec.Header(records[at..]);
            if (header.Term > _term)
            {
                // Trap 4: the term is durable before any record of it.
                if (at > start)
                    _log.AppendRecords(records[start..at]);
                start = at;
                _term = header.Term;
                Save(DurableIndex);
            }
            if (header.Kind is RecordKind.Command or RecordKind.SessionCommand)
                _commands++;
            else if (header.Kind == RecordKind.Configuration)
                isNews |= Take(header.Index, records.Slice(at + RecordHeader.SizeBytes, header.PayloadLength));
            at += header.RecordLength;
        }
        _log.AppendRecords(records[start..]);
        if (_flushDueMicros == long.MaxValue)
        {
            long pause = Math.Clamp(
                _flushTookMicros * FlushPauseFactor, _options.FlushPauseMicros,
                Math.Max(_options.FlushPauseMicros, FlushPauseMicrosMax));
            _flushDueMicros = _flushedMicros + pause;
        }
        if (isNews)
            _follower.Use(_membership.Sources);
    }

    // What the next start would refuse is not recorded.
    private bool Take(LogIndex index, ReadOnlySpan<byte> configuration) => ConfigurationCodec.IsNewer(configuration)
        ? throw Stops(new ReplicaStoppedException(
            $"record {index} is a configuration of version {configuration[0]}, this version reads up to "
                + $"{ConfigurationCodec.Version}: it was made by a newer Chorus",
            "Install that version here, too; the record goes on where it ends", null))
        : _membership.TryTake(configuration);

    private bool TakeCompletions(long now)
    {
        bool worked = false;
        while (_log.TryTakeCompletion(out LogCompletion completion))
        {
            worked = true;
            if (completion.Error is { } error)
                throw Stopped(error);
            DiskBatches++;
            _flushTookMicros = now - _flushedMicros;
        }
        if (!worked)
            return false;
        LogIndex durable = _log.DurableIndex;
        while (_flushed.Count > 0 && _flushed.Peek().Last <= durable)
            DurableCommands = _flushed.Dequeue().Commands;
        // A batch takes no more than fits; what it left goes at once.
        if (_log.PendingBytes > 0 && _flushDueMicros == long.MaxValue)
            _flushDueMicros = now;
        Show();
        return true;
    }

    private void Show()
    {
        LogExtent extent = _log.ExtentUpTo(_log.DurableIndex);
        if (ReferenceEquals(extent, _extent) && _ports.View?.Extent is not null)
            return;
        _extent = extent;
        _ports.View?.Show(_membership.Latest);
        _ports.View?.Show(extent);
    }

    private void FlushWhenDue(long now)
    {
        if (_flushDueMicros != long.MaxValue && !_log.IsBusy
            && (now >= _flushDueMicros || _log.PendingBytes >= _options.FlushBytes))
            Flush(now);
    }

    private void Flush(long now)
    {
        _flushDueMicros = long.MaxValue;
        _flushedMicros = now;
        if (_flushedLast < _log.LastIndex)
            _flushed.Enqueue((_flushedLast = _log.LastIndex, _commands));
        _log.Flush();
    }

    private void SaveCommit(long now)
    {
        if (now < _commitDueMicros)
            return;
        _commitDueMicros = now + _options.CommitMicros;
        if (DurableIndex <= _commitSaved)
            return;
        Save(DurableIndex);
        _flushDueMicros = Math.Min(_flushDueMicros, now);
    }

    private void Save(LogIndex commit)
    {
        _commitSaved = commit;
        _log.SaveHardState(new HardState(_term, NodeId.None, commit));
    }

    private void Maintain(long now)
    {
        if (now < _maintainMicros)
            return;
        _maintainMicros = now + MaintainMicros;
        if (_retention is not null && now >= _retentionMicros)
        {
            _retentionMicros = now + RetentionMicros;
            if (_retention.Work(_membership.Latest, now))
                Show();
        }
        _log.MaintainRoom(now);
        _standing.Work(IsRemoved, _log.IsDiskFull, now);
        if (_log.IsDiskFull == _wasDiskFull)
            return;
        _wasDiskFull = _log.IsDiskFull;
        if (_wasDiskFull)
            _logger.RecordDiskFull(_options.Id, _log.SegmentBytes);
        else
            _logger.RecordDiskHasRoom(_options.Id);
    }

    private void JudgeMembership(long now)
    {
        if (_membership.Judge(_follower.State == FollowerState.Live, now, out bool isRemoved))
            _follower.Use(_membership.Sources);
        if (!isRemoved)
            return;
        IsRemoved = true;
        _follower.Use([]);
        _logger.RecordEnds(
            _options.Id, _log.LastIndex, RecorderStanding.RemovedWhy, RecorderStanding.RemovedCure);
    }

    private void Report(long now)
    {
        long since = now - _reportedMicros;
        if (IsRemoved || since < _options.ReportMicros
            || (_reported == DurableIndex && since < _options.ReportMicrosMax))
            return;
        _reportedMicros = now;
        _reported = DurableIndex;
        foreach (string address in _membership.ReportAddresses)
            TransferRequests.TrySendReport(
                _ports.Transfer, address, _extent.ClusterId, _options.Id, _options.Incarnation, _extent.Limit);
    }

    private long Next(long now)
    {
        long next = _maintainMicros;
        // Who was removed neither follows nor reports: what was due then never comes.
        if (!IsRemoved)
        {
            long reportMicros = _reported != DurableIndex ? _options.ReportMicros : _options.ReportMicrosMax;
            next = Math.Min(Math.Min(next, _follower.NextWorkMicros), _reportedMicros + reportMicros);
        }
        if (!_log.IsBusy)
            next = Math.Min(next, _flushDueMicros);
        if (_publisher is { } publisher)
            next = publisher.HasMore ? now : Math.Min(next, publisher.NextWorkMicros);
        return next;
    }

    private ReplicaStoppedException Stopped(Exception error)
    {
        var stopped = new ReplicaStoppedException(
            $"the disk failed: {error.Message}",
            "Look at the disk. Restart when it is sound; if the record is lost, begin with an empty folder",
            error);
        return Stops(stopped);
    }

    private ReplicaStoppedException Stops(ReplicaStoppedException stopped)
    {
        _logger.RecorderStops(_options.Id, stopped.Message, stopped.Cure);
        return stopped;
    }
}
