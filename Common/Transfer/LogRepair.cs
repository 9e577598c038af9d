using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Transfer;

/// <summary>
/// Fills the first hole of a damaged log with what other nodes have: asks one after the other, verifies the chain on
/// both sides, and makes it durable. While it works, the node says and promises nothing, as if it were down.
/// </summary>
/// <remarks>
/// <code>
/// while (repair.State == RepairState.Running) { repair.DoWork(); wait, not beyond repair.NextWorkMicros }
/// then open the log again: there may be another hole
/// </code>
/// Whoever has the records may bring them: only the ones that stood there fit. If instead a source has committed
/// others, what stands behind the hole was never committed, and the log is ended before it; the node then knows that it
/// has lost entries, and votes for nobody until it has caught up. Single-threaded; a call may take as long as one
/// segment takes to be written.
/// </remarks>
public sealed class LogRepair : IDisposable
{
    private const int MessagesPerRound = 256;
    private const long BackOffMicros = 500_000;
    private const long LineMicros = 10_000_000;

    private readonly NodeId _node;
    private readonly DamagedLog _damaged;
    private readonly LogHole _hole;
    private readonly Guid _clusterId;
    private readonly ITransferClientTransport _transport;
    private readonly IClock _clock;
    private readonly ILogger _logger;
    private readonly RepairSources _sources;
    private readonly LogStream _stream;
    private readonly long _patienceMicros;
    private HoleFilling? _filling;
    private bool _fromSegment;
    private bool _isOpen;
    private long _broughtMicros;
    private long _lineMicros;
    private long _notBefore;

    /// <summary>Prepares to fill the first hole.</summary>
    /// <param name="node">Who this is, for the log of events.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="damaged">What recovery found.</param>
    /// <param name="known">Members beside those that the log names.</param>
    /// <param name="more">Transfer addresses beside those of members.</param>
    /// <param name="transport">Used by nobody else meanwhile.</param>
    /// <param name="clock">Time.</param>
    /// <param name="options">Limits of the stream.</param>
    /// <param name="logger">Where lines go.</param>
    public LogRepair(
        NodeId node, Guid clusterId, DamagedLog damaged, IReadOnlyList<Member> known, IEnumerable<string> more,
        ITransferClientTransport transport, IClock clock, TransferStreamOptions options, ILogger logger)
    {
        (_node, _clusterId, _damaged, _hole) = (node, clusterId, damaged, damaged.Holes[0]);
        (_transport, _clock, _logger) = (transport, clock, logger);
        _sources = new RepairSources(node, damaged.Configuration, known, more, BackOffMicros);
        _stream = new LogStream(transport, lane: 1, options);
        _patienceMicros = options.SilenceMicros;
        _lineMicros = clock.MonotonicMicros + LineMicros;
        if (_sources.IsEmpty)
            State = RepairState.NobodyToAsk;
        logger.RepairBegins(node, _hole.From, _hole.Until.Previous, damaged.Holes.Count, _hole.Damage.Message);
    }

    /// <summary>
    /// Whether the log may be ended before the hole when others stand for it by a snapshot and nobody has it any more:
    /// its node then gets a snapshot, as one that is far behind. Not for an observer: it takes none.
    /// </summary>
    public bool MayBeginAnew { get; init; }

    /// <summary>Where it stands.</summary>
    public RepairState State { get; private set; }

    /// <summary>When <see cref="DoWork"/> has something to do at the latest.</summary>
    public long NextWorkMicros { get; private set; }

    /// <summary>What is damaged, what is fetched, and from whom, in a sentence.</summary>
    public string Description =>
        $"records {_hole.From} to {_hole.Until.Previous} are damaged ({_hole.Damage.File}, offset "
        + $"{_hole.Damage.Offset})"
        + (_damaged.Holes.Count > 1 ? $", and {_damaged.Holes.Count - 1} more places" : "")
        + (_isOpen
            ? $"; fetching from {_stream.Address}, next {_stream.Next}"
            : $"; waiting for a node that has them{_sources.Troubles}");

    /// <summary>One round.</summary>
    /// <exception cref="IOException">The disk failed; the node must stop. Want of room is waited out.</exception>
    public void DoWork()
    {
        if (State != RepairState.Running)
            return;
        long now = _clock.MonotonicMicros;
        try
        {
            bool more = Receive(now);
            if (_isOpen)
                Look(now);
            else if (State == RepairState.Running && now >= _notBefore)
                Ask(now);
            NextWorkMicros = more ? now : now + 20_000;
        }
        catch (DiskFullException error)
        {
            // Nothing of the log has changed: it begins anew when there is room.
            _logger.RepairWaits(_node, _hole.From, _hole.Until.Previous, error.Message);
            Abandon();
            _notBefore = now + 2 * BackOffMicros;
            NextWorkMicros = _notBefore;
        }
        if (State != RepairState.Running)
            CloseStream();
        else if (!_isOpen && now >= _lineMicros)
        {
            _lineMicros = now + LineMicros;
            _logger.RepairWaits(
                _node, _hole.From, _hole.Until.Previous, $"nobody has brought them yet{_sources.Troubles}");
        }
    }

    /// <summary>Ends it, done or not.</summary>
    public void Dispose()
    {
        CloseStream();
        _filling?.Dispose();
        _filling = null;
    }

    private bool Receive(long now)
    {
        for (int i = 0; i < MessagesPerRound; i++)
        {
            if (!_transport.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
                return false;
            if (!_isOpen || !_stream.TryAccept(address, header, body, now, out ReadOnlySpan<byte> records)
                || records.IsEmpty)
                continue;
            _broughtMicros = now;
            _sources.Succeeded();
            Filling().Add(records);
            _stream.Release(now);
        }
        return true;
    }

    private void Ask(long now)
    {
        string address = _sources.Next(now);
        if (address.Length == 0)
            return;
        RecordHeader last = _filling?.Last ?? (_fromSegment ? _hole.Segment.Previous : _hole.Before);
        _isOpen = true;
        _broughtMicros = now;
        _stream.Open(address, _clusterId, last, _hole.Until, now);
        _logger.RepairAsks(_node, address, last.Index.Next, _hole.Until.Previous);
    }

    private void Look(long now)
    {
        _stream.Poll(now);
        // Whatever becomes of the stream: what has come is verified.
        bool isComplete = _filling is { IsComplete: true };
        bool hasNone = now - _broughtMicros >= _patienceMicros;
        if (_stream.State == TransferStreamState.Open && !hasNone && !isComplete)
            return;
        string address = _stream.Address;
        if (isComplete)
            Finish(address);
        else if (_stream.HoldsAnotherLog)
            Differs(address, now);
        else
            Pass(address, now);
        CloseStream();
    }

    /// <summary>
    /// A source does not have the records, now or ever. If nobody has them any more, and one has a snapshot that stands
    /// for all of them that may not have been committed, they all are, and whoever was elected since has them: none
    /// need be here again before the node takes part. Who is silent, or does not have them yet, may be the one that has
    /// kept them: it is waited for.
    /// </summary>
    private void Pass(string address, long now)
    {
        _sources.Failed(address, _stream.Reason.Length > 0 ? _stream.Reason : "it does not have them yet", now);
        if (_stream.Refusal == TransferRefusal.NoLongerKept)
            _sources.HasThemNoMore(address, _stream.SnapshotIndex);
        else if (_stream.State != TransferStreamState.Silent)
            _sources.MayHaveThem(address);
        // The beginning was committed when it was cut off: no snapshot need reach to its end, for the members have what
        // is behind theirs.
        if (!MayBeginAnew
            || _sources.WhoStandsFor(_hole.Until, areCommitted: _hole.IsBeginning) is not { } standsForIt)
            return;
        _damaged.EndBeforeHole();
        State = RepairState.Repaired;
        _logger.RepairGivesUp(_node, _hole.From, _hole.Until.Previous, standsForIt);
    }

    private void Finish(string address)
    {
        bool isWhole = _filling!.TryFinish();
        Abandon();
        if (!isWhole)
        {
            End(address);
            return;
        }
        State = RepairState.Repaired;
        _logger.RepairDone(_node, _hole.From, _hole.Until.Previous, address);
    }

    /// <summary>A source has committed another record than the one that the fetch was to go on from.</summary>
    private void Differs(string address, long now)
    {
        bool isOwn = _filling is null || _filling.Last.Index < _hole.From;
        bool isStart = _fromSegment || _hole.ResumesAt > 0 || _hole.From.Value == _hole.Segment.First;
        Abandon();
        _sources.MayHaveThem(address);
        if (!isOwn)
            _sources.Failed(address, "its records do not continue those of another source", now);
        else if (!isStart)
            _fromSegment = true; // what stands in this file before the hole may be older than the file that is lost
        else
            End(address);
    }

    private void End(string address)
    {
        _damaged.EndBeforeHole();
        State = RepairState.Repaired;
        _logger.RepairEnds(_node, _hole.From, address);
    }

    private HoleFilling Filling() => _filling ??= _damaged.Fill(_fromSegment);

    private void Abandon()
    {
        _filling?.Dispose();
        _filling = null;
        CloseStream();
    }

    private void CloseStream()
    {
        if (!_isOpen)
            return;
        _isOpen = false;
        _stream.Close();
        _transport.Disconnect(_stream.Address);
    }
}
