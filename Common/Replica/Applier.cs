using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Applies committed records in order and answers those who wait for them.</summary>
/// <param name="stateMachine">What they are applied to.</param>
/// <param name="writes">Writes waiting for their entry.</param>
/// <param name="reads">Reads waiting for their index.</param>
/// <param name="changes">Configuration changes waiting for their entry.</param>
internal abstract class Applier(
    IStateMachine stateMachine, PendingWrites writes, PendingReads reads, PendingChanges changes)
{
    /// <summary>Last index applied and answered.</summary>
    public LogIndex AppliedIndex { get; protected set; } = stateMachine.RestoredIndex;

    /// <summary>Digest of the state at <see cref="AppliedIndex"/>; null while the state is not settled.</summary>
    public abstract ulong? Digest { get; }

    /// <summary>Writes waiting for their entry.</summary>
    public PendingWrites Writes => writes;

    /// <summary>Reads waiting for their index.</summary>
    public PendingReads Reads => reads;

    /// <summary>Configuration changes waiting for their entry.</summary>
    protected PendingChanges Changes => changes;

    /// <summary>What records are applied to.</summary>
    protected IStateMachine StateMachine => stateMachine;

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
}
