using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Applies committed records in order and answers those who wait for them.</summary>
internal sealed class Applier(
    RecordLog log, IStateMachine stateMachine, PendingWrites writes, PendingReads reads, PendingChanges changes,
    Responder responder, ReplicaCounters counters)
{
    private readonly ArrayBufferWriter<byte> _answer = new();

    /// <summary>Last index applied.</summary>
    public LogIndex AppliedIndex { get; private set; }

    /// <summary>Writes waiting for their entry.</summary>
    public PendingWrites Writes => writes;

    /// <summary>Reads waiting for their index.</summary>
    public PendingReads Reads => reads;

    /// <summary>Applies what is committed, up to a limit, then serves the reads that waited for it.</summary>
    /// <returns>Whether anything was done.</returns>
    public bool Apply(LogIndex commit, long bytesMax, string leader)
    {
        bool worked = reads.HasServable(AppliedIndex);
        reads.Serve(AppliedIndex);
        long bytes = 0;
        while (AppliedIndex < commit && bytes < bytesMax)
        {
            LogIndex from = AppliedIndex.Next;
            LogIndex until = log.Fit(from, commit.Next, bytesMax - bytes, out _);
            ReadOnlySpan<byte> records = log.Read(from, until, out _);
            bytes += records.Length;
            ApplyRecords(records, from, leader);
            worked = true;
        }
        return worked;
    }

    /// <summary>The log was cut: those who waited for what stood there are told.</summary>
    public void Truncate(LogIndex from)
    {
        Check.That(from > AppliedIndex, "what is applied is committed and never truncated");
        writes.Truncate(from);
        changes.Truncate(from);
    }

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
                changes.Applied(header.Index, header.Term);
            reads.Serve(AppliedIndex);
        }
        Check.That(reader.Error is null, "the log returns whole records");
    }

    private void ApplyCommand(in RecordHeader header, ReadOnlySpan<byte> command, string leader)
    {
        counters.Applied++;
        _answer.ResetWrittenCount();
        Code code = stateMachine.Apply(header.Index, header.TimeMicros, command, _answer);
        if (writes.TryTake(header.Index, header.Term, leader, out ReplyTarget target))
            responder.Reply(target, code, _answer.WrittenSpan, header.Index.Value);
    }
}
