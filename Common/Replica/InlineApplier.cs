using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Applies on the loop's thread, straight from the log's memory: for state machines that do not block.
/// </summary>
internal sealed class InlineApplier(
    RecordLog log, IStateMachine stateMachine, PendingWrites writes, PendingReads reads, PendingChanges changes,
    Responder responder, ReplicaCounters counters) : Applier(stateMachine, writes, reads, changes)
{
    private readonly ArrayBufferWriter<byte> _answer = new();

    /// <inheritdoc/>
    public override ulong? Digest => AppliedIndex >= StateMachine.SettledIndex ? StateMachine.Digest : null;

    /// <inheritdoc/>
    public override bool Apply(LogIndex commit, long bytesMax, string leader)
    {
        bool worked = Reads.HasServable(AppliedIndex);
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
        StateMachine.Applied(AppliedIndex);
        return true;
    }

    /// <inheritdoc/>
    public override bool HasWork(LogIndex commit) => AppliedIndex < commit || Reads.HasServable(AppliedIndex);

    private void ApplyRecords(ReadOnlySpan<byte> records, LogIndex from, string leader)
    {
        var reader = new RecordReader(records, from, verify: false);
        while (reader.Read())
        {
            RecordHeader header = reader.Header;
            Check.That(header.Index == AppliedIndex.Next, "entries are applied one by one, without a gap");
            AppliedIndex = header.Index;
            if (header.Kind == RecordKind.Command)
                ApplyCommand(header, reader.Payload, leader);
            else if (header.Kind == RecordKind.Configuration)
                Changes.Applied(header.Index, header.Term);
            Reads.Serve(AppliedIndex);
        }
        Check.That(reader.Error is null, "the log returns whole records");
    }

    private void ApplyCommand(in RecordHeader header, ReadOnlySpan<byte> command, string leader)
    {
        counters.Applied++;
        _answer.ResetWrittenCount();
        Code code = StateMachine.Apply(header.Index, header.TimeMicros, command, _answer);
        if (Writes.TryTake(header.Index, header.Term, leader, out ReplyTarget target))
            responder.Reply(target, code, _answer.WrittenSpan, header.Index.Value);
    }
}
