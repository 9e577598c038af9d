using System.Buffers;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Applies on the loop's thread, straight from the log's memory: for state machines that do not block.
/// </summary>
internal sealed class InlineApplier(
    RecordLog log, ReplicatedState state, PendingWrites writes, PendingReads reads, PendingChanges changes,
    SessionDoor? door, Responder responder, ReplicaCounters counters, IClock clock)
    : Applier(state, writes, reads, changes, door, responder, counters)
{
    private readonly ArrayBufferWriter<byte> _answer = new();

    /// <inheritdoc/>
    public override ulong Digest => State.Machine.Digest;

    /// <inheritdoc/>
    public override (int Count, ulong Digest) Sessions => (State.Sessions.Count, State.Sessions.Digest);

    /// <inheritdoc/>
    public override bool Apply(LogIndex commit, long bytesMax, string leader)
    {
        bool worked = Reads.HasServable(AppliedIndex) | StepSnapshot();
        Reads.Serve(AppliedIndex);
        if (AppliedIndex >= commit)
            return worked;
        long bytes = 0;
        while (AppliedIndex < commit && bytes < bytesMax)
        {
            LogIndex from = AppliedIndex.Next;
            LogIndex until = log.Fit(from, commit.Next, bytesMax - bytes, out _);
            ReadOnlySpan<byte> records = log.Read(from, until, out _);
            bytes += records.Length;
            ApplyRecords(records, from, leader);
        }
        State.Machine.Applied(AppliedIndex, State.Sessions);
        if (Door is { } door && door.WantsTable(AppliedTerm))
            door.Open(State.Sessions.Copy(), AppliedTerm);
        return true;
    }

    /// <inheritdoc/>
    public override bool HasWork(LogIndex commit) =>
        AppliedIndex < commit || Reads.HasServable(AppliedIndex) || Snapshots is { Step.IsDue: true };

    private bool StepSnapshot()
    {
        if (Snapshots is not { } snapshots)
            return false;
        snapshots.Exchange(clock.MonotonicMicros);
        if (!snapshots.Step.IsDue)
            return false;
        snapshots.Step.Run(AppliedIndex);
        snapshots.Exchange(clock.MonotonicMicros);
        return true;
    }

    private void ApplyRecords(ReadOnlySpan<byte> records, LogIndex from, string leader)
    {
        var reader = new RecordReader(records, from, verify: false);
        var ahead = new Lookahead(State.Machine, records, from);
        while (reader.Read())
        {
            ahead.Step();
            RecordHeader header = reader.Header;
            _answer.ResetWrittenCount();
            ReplicatedState.Outcome outcome = State.Apply(header, reader.Payload, _answer);
            Note(header.Index, header.Term, header.Kind, outcome, _answer.WrittenSpan, leader);
            Reads.Serve(AppliedIndex);
        }
        Check.That(reader.Error is null, "the log returns whole records");
    }
}
