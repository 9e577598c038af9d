using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Applies committed records in order and answers those who wait for them.</summary>
/// <param name="state">What they are applied to.</param>
/// <param name="writes">Writes waiting for their entry.</param>
/// <param name="reads">Reads waiting for their index.</param>
/// <param name="changes">Configuration changes waiting for their entry.</param>
/// <param name="door">What a leader lets in by; learns what came of it.</param>
/// <param name="responder">Where answers go.</param>
/// <param name="counters">Counts what is applied.</param>
internal abstract class Applier(
    ReplicatedState state, PendingWrites writes, PendingReads reads, PendingChanges changes, SessionDoor? door,
    Responder responder, ReplicaCounters counters)
{
    /// <summary>Last index applied and answered.</summary>
    public LogIndex AppliedIndex { get; private set; } = state.Machine.RestoredIndex;

    /// <summary>Term of the last entry applied since the start; 0 before the first.</summary>
    public Term AppliedTerm { get; private set; }

    /// <summary>Sessions of clients at <see cref="AppliedIndex"/>, and their digest.</summary>
    public abstract (int Count, ulong Digest) Sessions { get; }

    /// <summary>Digest of the state at <see cref="AppliedIndex"/>.</summary>
    public abstract ulong Digest { get; }

    /// <summary>Writes waiting for their entry.</summary>
    public PendingWrites Writes => writes;

    /// <summary>Reads waiting for their index.</summary>
    public PendingReads Reads => reads;

    /// <summary>What records are applied to.</summary>
    public ReplicatedState State => state;

    /// <summary>Snapshots of the state; null: none are taken.</summary>
    public SnapshotTaker? Snapshots { get; set; }

    /// <summary>What a leader lets in by.</summary>
    protected SessionDoor? Door => door;

    /// <summary>Makes the one that is wanted.</summary>
    /// <param name="executor">Where committed entries are applied; null: by the loop itself.</param>
    /// <param name="log">Where they stand.</param>
    /// <param name="state">What they are applied to.</param>
    /// <param name="writes">Writes waiting for their entry.</param>
    /// <param name="reads">Reads waiting for their index.</param>
    /// <param name="changes">Configuration changes waiting for their entry.</param>
    /// <param name="door">Learns what came of commands of sessions.</param>
    /// <param name="responder">Where answers go.</param>
    /// <param name="counters">Counts what is applied.</param>
    /// <param name="clock">Time, for snapshots.</param>
    public static Applier Create(
        IDiskExecutor? executor, RecordLog log, ReplicatedState state, PendingWrites writes, PendingReads reads,
        PendingChanges changes, SessionDoor door, Responder responder, ReplicaCounters counters,
        IClock clock) => executor is null
        ? new InlineApplier(log, state, writes, reads, changes, door, responder, counters, clock)
        : new BatchApplier(log, executor, state, writes, reads, changes, door, responder, counters, clock);

    /// <summary>Applies what is committed, up to a limit, and serves the reads that waited for it.</summary>
    /// <param name="commit">Last committed index.</param>
    /// <param name="bytesMax">Most bytes of records in one call; one record may be larger.</param>
    /// <param name="leader">Where clients find the leader, for those whose write was overwritten.</param>
    /// <returns>Whether anything was done.</returns>
    /// <exception cref="ReplicaStoppedException">The disk that holds the state failed.</exception>
    public abstract bool Apply(LogIndex commit, long bytesMax, string leader);

    /// <summary>Whether <see cref="Apply"/> could go on at once.</summary>
    public abstract bool HasWork(LogIndex commit);

    /// <summary>The log was cut: those who waited for what stood there are told.</summary>
    public void Truncate(LogIndex from)
    {
        Check.That(from > AppliedIndex, "what is applied is committed and never truncated");
        writes.Truncate(from);
        changes.Truncate(from);
    }

    /// <summary>An entry has been applied: those who waited for it are told.</summary>
    protected void Note(
        LogIndex index, Term term, RecordKind kind, in ReplicatedState.Outcome outcome, ReadOnlySpan<byte> answer,
        string leader)
    {
        Check.That(index == AppliedIndex.Next, "entries are applied one by one, without a gap");
        (AppliedIndex, AppliedTerm) = (index, term);
        if (kind == RecordKind.Configuration)
            changes.Applied(index, term);
        if (!ReplicatedState.IsAnswered(kind))
            return;
        if (kind != RecordKind.Session)
            counters.Applied++;
        if (outcome.IsRefused)
            counters.SessionCommandsRefused++;
        door?.Applied(index, outcome, answer);
        if (!writes.TryTake(index, term, leader, out ReplyTarget target))
            return;
        if (outcome.Code == Code.SessionExpired)
            responder.Fail(target, outcome.Code, SessionMessages.Expired, SessionMessages.ExpiredCure);
        else
            responder.Reply(target, outcome.Code, answer, outcome.Index.Value);
    }
}
