using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>
/// Takes snapshots of the state while it goes on: decides when, has the applying thread copy a piece at a time, and the
/// disk write it. Owned by the loop.
/// </summary>
/// <remarks>
/// Two pieces are on their way at most: one being filled, one being written. So a slow disk slows the snapshot down,
/// not the loop. A snapshot that is lost, or for which the disk has no room, is given up and tried again later. One
/// that a member waits for is taken in a hurry, and the one under way is given up for it if it is stale already.
/// </remarks>
internal sealed class SnapshotTaker
{
    private const long LookMicros = 100_000;
    private const long CaughtUpMicros = 5_000;

    private readonly ReplicaOptions _options;
    private readonly SnapshotPort _port;
    private readonly RaftNode _node;
    private readonly RecordLog _log;
    private readonly ReplicaCounters _counters;
    private readonly ILogger _logger;
    private readonly SnapshotWriteJob _job;
    private readonly Func<bool> _isTermDurable;
    private ArrayBufferWriter<byte> _filling = new();
    private ArrayBufferWriter<byte> _writing = new();
    private SnapshotHeader? _header;
    private bool _areSessionsDue;
    private Stage _stage;
    private long _lookAt;
    private long _nextPieceAt;
    private long _beganAt;
    private long _wantedAt = long.MaxValue;
    private long _restUntil;
    private LogIndex _applied;
    private bool _isCatchingUp;

    // Whether the snapshot under way was begun because a member waits for it.
    private bool _isForMember;

    /// <summary>Makes it idle.</summary>
    /// <param name="options">Who this node is, and when it takes snapshots.</param>
    /// <param name="port">Where they go.</param>
    /// <param name="node">The core.</param>
    /// <param name="log">Its log.</param>
    /// <param name="state">What is replicated.</param>
    /// <param name="isTermDurable">
    /// Whether the disk knows the node's term: what it applies was named committed in it, and a snapshot outlives a
    /// crash that forgets the term.
    /// </param>
    /// <param name="counters">Counts snapshots.</param>
    /// <param name="logger">Hears of each.</param>
    public SnapshotTaker(
        ReplicaOptions options, SnapshotPort port, RaftNode node, RecordLog log, ReplicatedState state,
        Func<bool> isTermDurable, ReplicaCounters counters, ILogger logger)
    {
        (_options, _port, _node, _log, _counters, _logger) = (options, port, node, log, counters, logger);
        _isTermDurable = isTermDurable;
        _job = port.Files.Add(new SnapshotWriteJob(port.Store.Storage));
        Step = new SnapshotStep(state, options.Snapshots.PieceBytes);
        if (options.IsDurable)
            port.View?.BeginTaking();
    }

    private enum Stage
    {
        Idle,
        Wanted,
        Beginning,
        Copying,
        Finishing,
        Abandoning,
    }

    /// <summary>The applying thread's part.</summary>
    public SnapshotStep Step { get; }

    /// <summary>Monotonic time at which <see cref="Work"/> has something to do; far away while nothing is
    /// due.</summary>
    public long NextWorkMicros => _stage == Stage.Copying && Step.Piece is null && !Step.IsComplete
        ? Step.IsPressed ? 0 : _nextPieceAt
        : long.MaxValue;

    private bool IsAwaited => _port.View is { IsNewerWanted: true };

    /// <summary>Once a round of the loop: sees what the disk has done, and whether a snapshot is due.</summary>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="applied">Last index applied.</param>
    /// <param name="isCatchingUp">Whether the node fetches what others have committed long ago.</param>
    public void Work(long nowMicros, LogIndex applied, bool isCatchingUp)
    {
        (_applied, _isCatchingUp) = (applied, isCatchingUp);
        NoteWish(nowMicros);
        if (!_job.IsFinished || _job.Error is not null)
            return;
        switch (_stage)
        {
            case Stage.Idle when nowMicros >= _lookAt:
                Look(nowMicros);
                break;
            case Stage.Finishing:
                _stage = Stage.Idle;
                TakeFinished(_job.UnderWay!.Finished!, nowMicros);
                break;
            case Stage.Abandoning:
                _stage = Stage.Idle;
                break;
        }
    }

    /// <summary>Exchanges with the applying thread, while that has nothing to do.</summary>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <exception cref="ReplicaStoppedException">The disk failed.</exception>
    public void Exchange(long nowMicros)
    {
        if (_job is { IsFinished: true, Error: { } error })
            TakeError(error, nowMicros);
        switch (_stage)
        {
            case Stage.Wanted when _isTermDurable() && !Step.IsBegun:
                Step.IsBeginWanted = true;
                _stage = Stage.Beginning;
                break;
            case Stage.Beginning when !Step.IsBeginWanted:
                Begin(nowMicros);
                break;
            case Stage.Copying:
                Copy(nowMicros);
                break;
        }
    }

    /// <summary>Whether it is time for a snapshot.</summary>
    /// <remarks>
    /// The first own one comes at another length of the log than another voter's: so they do not all take theirs at
    /// once, and a majority is not slowed down by it. Who catches up has better things to do; but a log cannot grow for
    /// ever.
    /// </remarks>
    /// <param name="bytes">Length of the log behind the newest snapshot.</param>
    /// <param name="every">Length between two snapshots.</param>
    /// <param name="place">Which of the voters it is, from 0; 0 as well where the newest snapshot is its own.</param>
    /// <param name="voters">Number of voters.</param>
    /// <param name="isCatchingUp">Whether it fetches what others have committed long ago.</param>
    internal static bool IsDue(long bytes, long every, int place, int voters, bool isCatchingUp)
    {
        if (isCatchingUp)
            bytes /= 2;
        return bytes >= every && bytes - every >= every / Math.Max(1, voters) * place;
    }

    /// <summary>
    /// Whether a snapshot of the present comes to a member that waits for it sooner than the log behind an older one.
    /// It is sent while it is taken, and a byte of log costs the member several times as much as one of a state.
    /// </summary>
    /// <remarks>
    /// Who catches up has no present to give; and what takes longer than anybody waits is not begun.
    /// </remarks>
    /// <param name="bytes">Length of the log behind the older one.</param>
    /// <param name="length">About how long the new one becomes.</param>
    /// <param name="options">Limits.</param>
    /// <param name="isCatchingUp">Whether it fetches what others have committed long ago.</param>
    internal static bool IsWorthReplacing(long bytes, long length, SnapshotOptions options, bool isCatchingUp) =>
        !isCatchingUp && bytes >= Math.Max(options.StaleBytes, length / 4)
            && length * 1e6 / HurriedBytesPerSecond(options) < options.NewerMicrosMax;

    private static long HurriedBytesPerSecond(SnapshotOptions options) =>
        Math.Max(options.BytesPerSecond, options.HurriedBytesPerSecond);

    private void NoteWish(long nowMicros)
    {
        _wantedAt = IsAwaited ? Math.Min(_wantedAt, nowMicros) : long.MaxValue;
        if (nowMicros < _restUntil)
            Settle();
        if (nowMicros - _wantedAt < _options.Snapshots.NewerMicrosMax)
            return;
        _isForMember = false;
        Settle();
    }

    private void Settle()
    {
        _wantedAt = long.MaxValue;
        _port.View?.Settle();
    }

    private void Look(long nowMicros)
    {
        _lookAt = nowMicros + LookMicros;
        // Asked once: who wishes a moment later is not settled unheard.
        bool isAwaited = IsAwaited;
        _isForMember = isAwaited && _port.Store.Newest is { } newest && IsWorthReplacing(newest.Index);
        if (_isForMember || IsDue())
            _stage = Stage.Wanted;
        else if (isAwaited)
            Settle();
    }

    private bool IsWorthReplacing(LogIndex index) => _applied > index && IsWorthReplacing(
        _log.BytesBetween(index.Next, _applied.Next), _port.Store.Newest?.LengthBytes ?? 0, _options.Snapshots,
        _isCatchingUp);

    private bool IsDue()
    {
        SnapshotInfo? newest = _port.Store.Newest;
        LogIndex from = newest?.Index.Next ?? new LogIndex(1);
        if (_applied < from)
            return false;
        long every = Math.Max(_options.Snapshots.EveryBytes, newest?.LengthBytes ?? 0);
        IReadOnlyList<NodeId> voters = _node.Configuration.Voters;
        int place = newest?.Header.Maker == _options.Incarnation ? 0 : Math.Max(0, PlaceAmong(voters));
        return IsDue(_log.BytesBetween(from, _applied.Next), every, place, voters.Count, _isCatchingUp);
    }

    private int PlaceAmong(IReadOnlyList<NodeId> voters)
    {
        for (int i = 0; i < voters.Count; i++)
        {
            if (voters[i] == _options.Id)
                return i;
        }
        return -1;
    }

    private void Begin(long nowMicros)
    {
        if (!Step.IsBegun)
        {
            _stage = Stage.Idle;
            Rest(nowMicros);
            return;
        }
        if (_isForMember)
            _logger.SnapshotForMember(_options.Id, Step.Index);
        _header = new SnapshotHeader
        {
            ClusterId = _options.ClusterId,
            Last = SnapshotHeader.Mark(_log.HeaderAt(Step.Index)),
            Maker = _options.Incarnation,
            Configuration = _node.ConfigurationAt(Step.Index),
            StateBase = _options.StateBase,
        };
        _stage = Stage.Copying;
        _areSessionsDue = true;
        _beganAt = _nextPieceAt = nowMicros;
        _job.Begin(_header);
        _port.Executor.Post(_job);
    }

    private void Copy(long nowMicros)
    {
        // In this order: why it failed is known once it has.
        if (_job.IsFinished && (_job.Error is not null || !TryHandOver(nowMicros)))
            return;
        // While one piece is written, the next one is copied.
        if (Step.Piece is not null || Step.IsComplete || (nowMicros < _nextPieceAt && !Step.IsPressed))
            return;
        SnapshotOptions options = _options.Snapshots;
        long perSecond = IsAwaited ? HurriedBytesPerSecond(options) : options.BytesPerSecond;
        long took = options.PieceBytes * 1_000_000L / perSecond;
        // Rounds of the loop come when they come; but who was held up for long does not catch up by a burst.
        _nextPieceAt = Math.Max(_nextPieceAt + took, nowMicros - CaughtUpMicros);
        _filling.ResetWrittenCount();
        Step.Piece = _filling;
    }

    // Hands the disk what there is for it, which has nothing to do. False: it is given up, or at its end.
    private bool TryHandOver(long nowMicros)
    {
        if (IsAwaited && !_isForMember && IsWorthReplacing(Step.Index))
        {
            Abandon();
            return false;
        }
        if (IsAwaited)
        {
            // What is sent is not given up any more, whatever comes meanwhile.
            _isForMember = true;
            _port.View!.ShowUnderWay(_job.UnderWay);
        }
        if (_areSessionsDue)
        {
            _areSessionsDue = false;
            _job.Add(SnapshotSection.Sessions, Step.Sessions);
            _port.Executor.Post(_job);
            return true;
        }
        if (Step.IsFilled)
        {
            Step.IsFilled = false;
            Step.Piece = null;
            if (Step.IsLost)
            {
                _logger.SnapshotLost(_options.Id, Step.Index);
                Abandon();
                Rest(nowMicros);
                return false;
            }
            (_filling, _writing) = (_writing, _filling);
            if (_writing.WrittenCount > 0)
            {
                _job.Add(SnapshotSection.State, _writing);
                _port.Executor.Post(_job);
                return true;
            }
        }
        if (!Step.IsComplete)
            return true;
        _stage = Stage.Finishing;
        _job.Finish(Step.Digest, _port.Store.Kept);
        _port.Executor.Post(_job);
        return false;
    }

    private void TakeFinished(SnapshotInfo finished, long nowMicros)
    {
        _port.Store.Added(finished);
        _port.View?.Show(finished);
        _port.View?.ShowUnderWay(null);
        _counters.Snapshots++;
        if (_isForMember)
        {
            _counters.SnapshotsForMembers++;
            Settle();
        }
        _logger.SnapshotTaken(
            _options.Id, finished.Index, finished.LengthBytes, (nowMicros - _beganAt) / 1_000);
    }

    private void TakeError(Exception error, long nowMicros)
    {
        if (error is not DiskFullException)
        {
            throw new ReplicaStoppedException(
                $"the disk failed while a snapshot was written: {error.Message}",
                "Look at the disk, and start this node again when it is sound; its log and its older snapshots are "
                    + "untouched",
                error);
        }
        _logger.SnapshotWithoutRoom(_options.Id);
        Abandon();
        Rest(nowMicros);
    }

    private void Abandon()
    {
        Step.IsEndWanted = Step.IsBegun;
        Step.Piece = null;
        Step.IsFilled = false;
        _stage = Stage.Abandoning;
        _port.View?.ShowUnderWay(null);
        _job.Abandon();
        _port.Executor.Post(_job);
    }

    // Who waits for it gets the one that is there.
    private void Rest(long nowMicros)
    {
        _lookAt = _restUntil = nowMicros + _options.Snapshots.RetryMicros;
        Settle();
    }
}
