using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>
/// Brings a follower or a learner that is far behind to where its leader is, without the leader: fetches committed
/// records by Transfer from another member and gives them to the core, a few at a time.
/// </summary>
/// <remarks>
/// Idle until <see cref="LagWatch"/> sees a lag that the leader's messages do not close. Then one stream at a time, up
/// to the commit index that the leader has named; a source that refuses, is silent, brings nothing or lies is left for
/// the next one; from one that no longer keeps what is missing, a snapshot is fetched, and at once where the own log
/// contradicts what the leader has cut off. Ends when the node is near the
/// leader's commit or no longer follows. What is fetched is limited by the room of the own disk's queue: what there is
/// no room for waits at the source.
/// </remarks>
internal sealed class CatchUp
{
    private const int WindowHeartbeats = 4;
    private const long LookAgainMicros = 50_000;

    // Whoever floods the socket with what is no record holds up nobody.
    private const int MessagesPerRound = 64;

    private readonly ReplicaOptions _options;
    private readonly RaftNode _node;
    private readonly RecordLog _log;
    private readonly ITransferClientTransport _transport;
    private readonly ReplicaCounters _counters;
    private readonly ILogger _logger;
    private readonly CatchUpSources _sources;
    private readonly LagWatch _watch;
    private readonly LogStream _stream;
    private readonly SnapshotFetch? _snapshot;
    private bool _isOpen;
    private bool _hasBrought;
    private long _broughtAt;
    private long _lookAgainAt;
    private long _roundBytes;
    private int _roundMessages;
    private ulong _records;

    /// <summary>Makes it idle.</summary>
    /// <param name="options">Who this node is, and its limits.</param>
    /// <param name="node">The core.</param>
    /// <param name="log">Its log.</param>
    /// <param name="link">Knows where the leader is.</param>
    /// <param name="transport">Asks sources; used by nobody else but <paramref name="snapshot"/>.</param>
    /// <param name="snapshot">Fetches a snapshot where nobody has the log any more; null: nobody does.</param>
    /// <param name="counters">Counts what is fetched.</param>
    /// <param name="logger">Hears when it begins, fails and ends.</param>
    public CatchUp(
        ReplicaOptions options, RaftNode node, RecordLog log, PeerLink link, ITransferClientTransport transport,
        SnapshotFetch? snapshot, ReplicaCounters counters, ILogger logger)
    {
        _options = options;
        _node = node;
        _log = log;
        _transport = transport;
        _snapshot = snapshot;
        _counters = counters;
        _logger = logger;
        _sources = new CatchUpSources(options, node, link);
        _watch = new LagWatch(
            options.CatchUpLagEntries, WindowHeartbeats * options.Raft.HeartbeatTicks * options.TickMicros);
        _stream = new LogStream(transport, lane: 0, options.CatchUpStream);
    }

    /// <summary>Whether the node is far behind and gets what is committed from others.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Whether more may be waiting: the round took as much as it may.</summary>
    public bool HasMore =>
        _roundBytes >= _options.CatchUpBytesPerRound || _roundMessages >= MessagesPerRound;

    private bool HasRoom => _log.PendingBytes <= _options.CatchUpPendingBytesMax
        && _log.HasRoom(_options.CatchUpStream.ChunkBytes);

    /// <summary>Begins a round of the loop: begins, ends or changes the stream as is due.</summary>
    public void BeginRound(long nowMicros)
    {
        _roundBytes = _roundMessages = 0;
        LogIndex last = _node.LastIndex;
        bool follows = _node.Role == Role.Follower;
        if (!IsActive)
        {
            bool isFar = follows && _watch.NeedsHelp(nowMicros, last, _node.LeaderCommit);
            if (!isFar && !_node.NeedsSnapshot)
                return;
            IsActive = true;
            _records = 0;
            _logger.CatchUpBegins(_options.Id, last, _node.LeaderCommit);
        }
        if (!follows || !(_watch.IsFar(last, _node.LeaderCommit) || _node.NeedsSnapshot))
            End();
        else if (!_isOpen && _snapshot is not { IsActive: true } && nowMicros >= _lookAgainAt)
            Open(nowMicros);
    }

    /// <summary>Goes on with a snapshot, where one is being fetched.</summary>
    /// <returns>Whether something was done.</returns>
    /// <exception cref="ReplicaStoppedException">The disk failed.</exception>
    public bool FetchSnapshot(long nowMicros)
    {
        if (_snapshot is not { IsActive: true } snapshot)
            return false;
        bool worked = snapshot.Work(nowMicros);
        if (snapshot.IsActive)
            return worked;
        if (snapshot.Failure.Length > 0)
        {
            _counters.CatchUpFailures++;
            _sources.Failed(snapshot.Address, nowMicros);
            _logger.CatchUpFails(_options.Id, snapshot.Address, snapshot.Failure);
        }
        _lookAgainAt = nowMicros + LookAgainMicros;
        return true;
    }

    /// <summary>Takes the next records that continue the own log.</summary>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="records">Verified records that follow the last one; valid until the next call.</param>
    /// <param name="entries">The core's picture of them.</param>
    /// <returns>False when there are none now, or this round has had its share.</returns>
    public bool TryTake(long nowMicros, out ReadOnlySpan<byte> records, out EntryRange entries)
    {
        records = default;
        entries = EntryRange.EmptyAt(_node.LastIndex.Next);
        while (_isOpen && !HasMore)
        {
            // What is not taken out of the socket is not sent by the source: it has no more credit.
            if (!HasRoom)
            {
                _broughtAt = nowMicros;
                return false;
            }
            if (!_transport.TryReceive(out string address, out var header, out ReadOnlySpan<byte> body))
            {
                _stream.Poll(nowMicros);
                Judge(nowMicros);
                return false;
            }
            _roundMessages++;
            LogIndex first = _stream.Next;
            if (!_stream.TryAccept(address, header, body, nowMicros, out ReadOnlySpan<byte> chunk))
                continue;
            if (chunk.Length > 0 && TryFit(chunk, first, nowMicros, out records, out entries))
                return true;
            Judge(nowMicros);
        }
        return false;
    }

    /// <summary>The core has taken the records, or not.</summary>
    public void Taken(EntryRange entries, bool accepted)
    {
        if (!accepted)
        {
            CloseStream();
            _lookAgainAt = _broughtAt + LookAgainMicros;
            return;
        }
        _counters.CatchUpRecords += (long)entries.Count;
        _records += entries.Count;
    }

    private void Open(long nowMicros)
    {
        string address = _sources.Next(nowMicros);
        if (address.Length == 0)
        {
            // Everybody who comes first has been asked.
            if (_sources.TakeNewest() is { Length: > 0 } newest)
                _snapshot?.Begin(newest, nowMicros);
            _lookAgainAt = nowMicros + LookAgainMicros;
            return;
        }
        if (_node.IsContradicted)
        {
            _snapshot?.Begin(address, nowMicros);
            _lookAgainAt = nowMicros + LookAgainMicros;
            return;
        }
        _isOpen = true;
        _hasBrought = false;
        _broughtAt = nowMicros;
        _counters.CatchUpStreams++;
        _stream.Open(
            address, _options.ClusterId, _log.HeaderAt(_log.LastIndex), _node.LeaderCommit.Next, nowMicros);
    }

    /// <summary>
    /// Cuts off what the leader has brought meanwhile. What does not continue the own log any more ends the stream: an
    /// entry at its end was replaced, or there is no room for a record of this size.
    /// </summary>
    private bool TryFit(
        ReadOnlySpan<byte> chunk, LogIndex first, long nowMicros, out ReadOnlySpan<byte> records,
        out EntryRange entries)
    {
        _stream.Release(nowMicros);
        (_hasBrought, _broughtAt) = (true, nowMicros);
        _sources.Succeeded(_stream.Address);
        _roundBytes += chunk.Length;
        _counters.CatchUpBytes += chunk.Length;
        LogIndex next = _log.LastIndex.Next;
        records = default;
        entries = EntryRange.EmptyAt(next);
        if (_stream.Next <= next)
            return false;
        if (next >= first && _log.HasRoom(chunk.Length))
        {
            records = RecordSlice.Of(chunk, first, next, _stream.Next);
            EntryRange? range = RecordRange.TryRead(records, next.Previous, _stream.Next - next, out string? error);
            if (range is null)
                Fail(error!, nowMicros);
            else if (ContinuesLog(records))
                entries = range;
        }
        if (entries.Count > 0)
            return true;
        CloseStream();
        _lookAgainAt = nowMicros + LookAgainMicros;
        return false;
    }

    private bool ContinuesLog(ReadOnlySpan<byte> records)
    {
        ReadOnlySpan<byte> first = records[..(int)RecordCodec.Length(records)];
        return RecordCheck.Continues(first, _log.HeaderAt(_log.LastIndex)) is null;
    }

    /// <summary>Looks whether the stream has ended, or goes nowhere.</summary>
    private void Judge(long nowMicros)
    {
        if (!_isOpen)
            return;
        bool isStuck = nowMicros - _broughtAt >= _options.CatchUpStream.SilenceMicros;
        if (_stream is { State: TransferStreamState.Refused, Refusal: TransferRefusal.NoLongerKept }
            && _stream.SnapshotIndex > _node.Commit && _snapshot is not null)
        {
            CloseStream();
            _sources.Offered(_stream.Address, _stream.SnapshotIndex);
        }
        else if (_stream.State is TransferStreamState.Refused or TransferStreamState.Silent
            or TransferStreamState.Untrue)
        {
            Fail(_stream.Reason, nowMicros);
        }
        else if (isStuck || (_stream.State == TransferStreamState.Complete && !_hasBrought))
            Fail("it has nothing that is missing here", nowMicros);
        else if (_stream.State == TransferStreamState.Complete)
            CloseStream();
    }

    private void Fail(string why, long nowMicros)
    {
        _counters.CatchUpFailures++;
        _sources.Failed(_stream.Address, nowMicros);
        _logger.CatchUpFails(_options.Id, _stream.Address, why);
        CloseStream();
    }

    private void End()
    {
        IsActive = false;
        _sources.ForgetOffers();
        _snapshot?.Cancel();
        CloseStream();
        _logger.CatchUpEnds(_options.Id, _records, _node.LastIndex, _node.LeaderCommit);
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
