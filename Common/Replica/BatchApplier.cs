using System.Runtime.ExceptionServices;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Hands committed records to a thread of their own, in bounded batches, one at a time: for state machines that block.
/// Everything that is applied is durable in the own log, too, so that a state kept in a file is never ahead of the log
/// from which a crash repairs it (trap 20).
/// </summary>
internal sealed class BatchApplier : Applier
{
    private readonly RecordLog _log;
    private readonly IDiskExecutor _executor;
    private readonly IClock _clock;
    private readonly ApplyBatch _batch;
    private bool _underWay;
    private ulong _digest;
    private (int Count, ulong Digest) _sessions;

    public BatchApplier(
        RecordLog log, IDiskExecutor executor, ReplicatedState state, PendingWrites writes, PendingReads reads,
        PendingChanges changes, SessionDoor? door, Responder responder, ReplicaCounters counters, IClock clock)
        : base(state, writes, reads, changes, door, responder, counters)
    {
        _log = log;
        _executor = executor;
        _clock = clock;
        _batch = new ApplyBatch(state);
        Check.That(state.Machine.RestoredIndex <= log.LastIndex, "a state in a file is never ahead of the log");
        (_digest, _sessions) = (state.Machine.Digest, (state.Sessions.Count, state.Sessions.Digest));
    }

    /// <inheritdoc/>
    public override ulong Digest => _digest;

    /// <inheritdoc/>
    public override (int Count, ulong Digest) Sessions => _sessions;

    private bool WantsTable => Door is { } door && door.WantsTable(AppliedTerm);

    /// <inheritdoc/>
    public override bool Apply(LogIndex commit, long bytesMax, string leader)
    {
        bool worked = _underWay && _batch.IsFinished;
        if (worked)
            Finish(leader);
        if (_underWay)
            return worked;
        Snapshots?.Exchange(_clock.MonotonicMicros);
        _batch.Clear(AppliedIndex);
        _batch.Snapshot = Snapshots is { Step.IsDue: true } ? Snapshots.Step : null;
        LogIndex until = State.Machine.HasRoom
            ? AddRecords(commit, Math.Min(bytesMax, ApplyBatch.RecordBytesMax))
            : AppliedIndex.Next;
        Reads.ListServable(until.Previous, _batch.Reads);
        if (WantsTable)
            _batch.TableFor = AppliedTerm;
        if (_batch.IsEmpty)
            return worked;
        _underWay = true;
        _executor.Post(_batch);
        return true;
    }

    /// <inheritdoc/>
    public override bool HasWork(LogIndex commit) => _underWay
        ? _batch.IsFinished
        : (State.Machine.HasRoom && AppliedIndex < Limit(commit)) || Reads.HasServable(AppliedIndex) || WantsTable
            || Snapshots is { Step.IsDue: true };

    private LogIndex Limit(LogIndex commit) => LogIndex.Min(commit, _log.DurableIndex);

    private LogIndex AddRecords(LogIndex commit, long bytesMax)
    {
        LogIndex limit = Limit(commit);
        LogIndex next = AppliedIndex.Next;
        for (long bytes = 0; next <= limit && bytes < bytesMax;)
        {
            LogIndex until = _log.Fit(next, limit.Next, bytesMax - bytes, out _);
            ReadOnlySpan<byte> records = _log.Read(next, until, out next);
            bytes += records.Length;
            _batch.Add(records);
        }
        return next;
    }

    private void Finish(string leader)
    {
        _underWay = false;
        if (_batch.Error is { } error)
            throw Stopped(error);
        foreach (ApplyBatch.Applied applied in _batch.Results)
        {
            Note(
                applied.Index, applied.Term, applied.Kind, applied.Outcome, _batch.AnswerOf(applied.Answer), leader);
        }
        for (int i = 0; i < _batch.Answers.Count; i++)
        {
            ApplyBatch.Served served = _batch.Answers[i];
            Reads.Answer(
                _batch.Reads[i], served.Code, _batch.AnswerOf(served.Answer), served.Message, _batch.AppliedIndex);
        }
        (_digest, _sessions) = (_batch.Digest, _batch.Sessions);
        if (_batch is { Table: { } table, TableFor: { } term })
            Door?.Open(table, term);
    }

    private static ReplicaStoppedException Stopped(Exception error)
    {
        if (error is not IOException)
            ExceptionDispatchInfo.Capture(error).Throw();
        return new ReplicaStoppedException(
            $"the disk that holds the state failed: {error.Message}",
            "Look at the disk, and start this node again when it is sound; a file of the state that is lost is made "
                + "anew from the log",
            error);
    }
}
