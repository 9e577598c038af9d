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
    private readonly Responder _responder;
    private readonly ReplicaCounters _counters;
    private readonly ApplyBatch _batch;
    private bool _underWay;
    private ulong? _digest;

    public BatchApplier(
        RecordLog log, IDiskExecutor executor, IStateMachine stateMachine, PendingWrites writes, PendingReads reads,
        PendingChanges changes, Responder responder, ReplicaCounters counters)
        : base(stateMachine, writes, reads, changes)
    {
        _log = log;
        _executor = executor;
        _responder = responder;
        _counters = counters;
        _batch = new ApplyBatch(stateMachine);
        Check.That(stateMachine.RestoredIndex <= log.LastIndex, "a state in a file is never ahead of the log");
        _digest = AppliedIndex >= stateMachine.SettledIndex ? stateMachine.Digest : null;
    }

    /// <inheritdoc/>
    public override ulong? Digest => _digest;

    /// <inheritdoc/>
    public override bool Apply(LogIndex commit, long bytesMax, string leader)
    {
        bool worked = _underWay && _batch.IsFinished;
        if (worked)
            Finish(leader);
        if (_underWay)
            return worked;
        _batch.Clear(AppliedIndex);
        LogIndex until = AddRecords(commit, Math.Min(bytesMax, ApplyBatch.RecordBytesMax));
        Reads.ListServable(until.Previous, _batch.Reads);
        if (_batch.IsEmpty)
            return worked;
        _underWay = true;
        _executor.Post(_batch);
        return true;
    }

    /// <inheritdoc/>
    public override bool HasWork(LogIndex commit) => _underWay
        ? _batch.IsFinished
        : AppliedIndex < Limit(commit) || Reads.HasServable(AppliedIndex);

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
            Check.That(applied.Index == AppliedIndex.Next, "entries are applied one by one, without a gap");
            AppliedIndex = applied.Index;
            if (applied.Kind == RecordKind.Command)
            {
                _counters.Applied++;
                if (Writes.TryTake(applied.Index, applied.Term, leader, out ReplyTarget target))
                    _responder.Reply(target, applied.Code, _batch.AnswerOf(applied.Answer), applied.Index.Value);
            }
            else if (applied.Kind == RecordKind.Configuration)
            {
                Changes.Applied(applied.Index, applied.Term);
            }
        }
        for (int i = 0; i < _batch.Answers.Count; i++)
        {
            ApplyBatch.Served served = _batch.Answers[i];
            Reads.Answer(
                _batch.Reads[i], served.Code, _batch.AnswerOf(served.Answer), served.Message, _batch.AppliedIndex);
        }
        _digest = _batch.Digest;
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
