using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>
/// Fetches a snapshot from another member, writes it to the disk as it comes, verifies it, and has the core say what it
/// is worth. Installing is a new start from it: so it never happens beside applying (trap 9). Owned by the loop.
/// </summary>
internal sealed class SnapshotFetch(
    ReplicaOptions options, SnapshotPort port, RaftNode node, ITransferClientTransport transport,
    Func<bool> isTermDurable, ILogger logger)
{
    private const int MessagesPerRound = 64;

    // A snapshot that is newer than what the leader has named committed is so for a heartbeat or two.
    private const long OfferMicros = 10_000_000;

    private readonly SnapshotStream _stream = new(transport, lane: 1, options.CatchUpStream);
    private readonly SnapshotFetchJob _job = port.Files.Add(new SnapshotFetchJob(
        port.Store.Storage, header => Foreign(options, header) is null ? port.MakeState?.Invoke() : null));
    private ArrayBufferWriter<byte> _coming = new();
    private ArrayBufferWriter<byte> _writing = new();
    private int _comingChunks;
    private long _comingAt;
    private long _nextWriteAt;
    private long _offerUntil;

    private Stage _stage;

    // Whether the last step was begun by an earlier fetch: what came of it says nothing of the source of this one.
    private bool _isStepOld;

    /// <summary>What is done with the snapshot that is fetched.</summary>
    private enum Stage : byte
    {
        Idle,
        Receiving,
        Verifying,
        Offering,
        Adopting,
    }

    /// <summary>Whether a snapshot is being fetched, verified or offered.</summary>
    public bool IsActive => _stage != Stage.Idle;

    /// <summary>The snapshot, durable and verified, from which this node must begin anew; null: not yet.</summary>
    public SnapshotInfo? Installed { get; private set; }

    /// <summary>What restores its state already; the caller's from now on. Null: nothing does.</summary>
    public StateInstallation? TakeInstallation() => Installed is null ? null : _job.TakeInstallation();

    /// <summary>Monotonic time at which what came may be written; far away while that is not what it waits for.
    /// </summary>
    public long NextWorkMicros =>
        WaitingBytes > 0 && IsActive && _job.IsFinished ? _nextWriteAt : long.MaxValue;

    /// <summary>Bytes that came and are not with the disk yet.</summary>
    public int WaitingBytes => _coming.WrittenCount;

    /// <summary>What is being done, for tests.</summary>
    internal string StageName => _stage.ToString();

    /// <summary>Why the fetch from <see cref="Address"/> ended without a snapshot; empty: it did not.</summary>
    public string Failure { get; private set; } = "";

    /// <summary>The source.</summary>
    public string Address => _stream.Address;

    // Two states would take the memory of two.
    private bool IsStateless => node.LastIndex == LogIndex.Zero && options.StateBase.Length == 0;

    /// <summary>Begins with a source, where possible where another one left off.</summary>
    public void Begin(string address, long nowMicros)
    {
        Check.That(!IsActive, "one snapshot at a time");
        (_stage, Failure) = (Stage.Receiving, "");
        _isStepOld = true;
        // While the disk makes no progress, one fetch after the other must not pile up what came.
        if (WaitingBytes > 2L * options.CatchUpStream.ChunkBytes * options.CatchUpStream.WindowChunks)
            _stream.Forget();
        _stream.GoOn(address, options.ClusterId, node.Commit.Next, nowMicros, wantsNewer: true);
        logger.SnapshotAsked(options.Id, address);
        if (_stream.Position == 0)
        {
            _coming.ResetWrittenCount();
            _comingAt = 0;
        }
        // What came of an earlier stream is owed to nobody.
        _comingChunks = 0;
        _nextWriteAt = nowMicros;
    }

    /// <summary>Gives up; what has come so far may be gone on with.</summary>
    public void Cancel()
    {
        if (_stage == Stage.Adopting)
            return;
        _job.GiveUpState();
        if (_stage == Stage.Idle)
            return;
        // Its file is closed.
        if (_stage is Stage.Verifying or Stage.Offering)
            _stream.Forget();
        _stage = Stage.Idle;
        CloseStream();
    }

    /// <summary>Once a round of the loop.</summary>
    /// <returns>Whether something was done.</returns>
    /// <exception cref="ReplicaStoppedException">The disk failed.</exception>
    public bool Work(long nowMicros)
    {
        if (!IsActive || Installed is not null)
            return false;
        bool worked = _stage == Stage.Receiving && Receive(nowMicros);
        if (!_job.IsFinished)
            return worked;
        if (!IsActive)
            return worked;
        if (_job.Error is { } error)
        {
            TakeError(error);
            return worked;
        }
        switch (_stage)
        {
            case Stage.Adopting:
                Installed = _job.Verified;
                break;
            case Stage.Verifying:
                (_stage, _offerUntil) = (Stage.Offering, nowMicros + OfferMicros);
                Offer(nowMicros);
                break;
            case Stage.Offering:
                Offer(nowMicros);
                break;
            default:
                worked |= WriteOn(nowMicros);
                break;
        }
        return worked;
    }

    private bool Receive(long nowMicros)
    {
        bool worked = false;
        int messages = 0;
        // What is not taken out of the socket is not sent by the source: it has no more credit.
        while (_stage == Stage.Receiving && messages++ < MessagesPerRound
            && transport.TryReceive(out string address, out var header, out ReadOnlySpan<byte> body))
        {
            worked = true;
            if (!_stream.TryAccept(address, header, body, nowMicros, out ReadOnlySpan<byte> piece) || piece.IsEmpty)
                continue;
            if (_stream.Position == piece.Length)
                logger.SnapshotFetchBegins(options.Id, _stream.Address, LengthText());
            _coming.Write(piece);
            _comingChunks++;
        }
        _stream.Poll(nowMicros);
        if (_stream.State is TransferStreamState.Refused or TransferStreamState.Silent or TransferStreamState.Untrue)
            Fail(_stream.Reason);
        return worked;
    }

    private string LengthText() =>
        _stream.Length > 0 ? $"{_stream.Length} bytes" : "which it is taking at the moment";

    private bool WriteOn(long nowMicros)
    {
        if (_coming.WrittenCount > 0)
        {
            if (nowMicros < _nextWriteAt)
                return false;
            // As much may come while this is written.
            if (_stream.State == TransferStreamState.Open)
                _stream.Release(nowMicros, _comingChunks);
            _comingChunks = 0;
            (_coming, _writing) = (_writing, _coming);
            _coming.ResetWrittenCount();
            _job.Add(_comingAt, _writing, IsStateless);
            _comingAt += _writing.WrittenCount;
            _nextWriteAt = nowMicros + _writing.WrittenCount * 1_000_000L / options.SnapshotFetchBytesPerSecond;
        }
        else if (_stream.State == TransferStreamState.Complete)
        {
            _stage = Stage.Verifying;
            CloseStream();
            _job.Verify();
        }
        else
        {
            return false;
        }
        _isStepOld = false;
        port.Executor.Post(_job);
        return true;
    }

    private void Offer(long nowMicros)
    {
        SnapshotInfo snapshot = _job.Verified!;
        string? foreign = Foreign(options, snapshot.Header);
        SnapshotOutcome outcome = foreign is not null
            ? SnapshotOutcome.Ignored
            : node.OfferSnapshot(SnapshotDesk.Mark(snapshot)!);
        if (outcome == SnapshotOutcome.Replaces)
        {
            // A crash must not forget the term in which a leader named so much committed, and remember the snapshot.
            if (!isTermDurable())
                return;
            _stage = Stage.Adopting;
            logger.SnapshotFetched(options.Id, snapshot.Index, snapshot.LengthBytes);
            _job.Adopt();
            port.Executor.Post(_job);
            return;
        }
        bool mayBecomeNews = foreign is null && outcome == SnapshotOutcome.Ignored && snapshot.Index > node.Commit;
        if (mayBecomeNews && nowMicros < _offerUntil)
            return;
        Drop(foreign ?? (outcome == SnapshotOutcome.Committed ? "" : "its snapshot is of no use here"));
    }

    private static string? Foreign(ReplicaOptions options, SnapshotHeader header)
    {
        if (header.ClusterId != options.ClusterId)
            return $"its snapshot is of cluster {header.ClusterId}";
        return header.StateBase == options.StateBase
            ? null
            : $"its snapshot is of a state that began with '{header.StateBase}', not with '{options.StateBase}'";
    }

    private void TakeError(Exception error)
    {
        if (error is LogCorruptionException)
        {
            logger.SnapshotFetchDamaged(options.Id, error.Message);
            Drop(_isStepOld ? "" : "its snapshot is damaged");
        }
        else if (error is NodeDirectoryException newer)
        {
            logger.SnapshotFetchNewer(options.Id, $"{newer.Message}. {newer.Cure}");
            Drop(_isStepOld ? "" : "its snapshot was made by a newer Chorus");
        }
        else if (error is DiskFullException)
        {
            logger.SnapshotWithoutRoom(options.Id);
            Drop("the own disk has no room for its snapshot");
        }
        else
        {
            throw new ReplicaStoppedException(
                $"the disk failed while a fetched snapshot was written: {error.Message}",
                "Look at the disk, and start this node again when it is sound",
                error);
        }
    }

    private void Drop(string failure)
    {
        _stage = Stage.Idle;
        Failure = failure;
        CloseStream();
        _stream.Forget();
        _job.Abandon();
        port.Executor.Post(_job);
    }

    // What came is whole up to where it broke off: another source may have the rest.
    private void Fail(string why)
    {
        _stage = Stage.Idle;
        Failure = why;
        if (_stream.State == TransferStreamState.Untrue || _stream.Refusal == TransferRefusal.NoLongerKept)
            _stream.Forget();
        CloseStream();
    }

    private void CloseStream()
    {
        _stream.Close();
        transport.Disconnect(_stream.Address);
    }
}
