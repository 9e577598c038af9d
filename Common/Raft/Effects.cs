namespace Chorus.Raft;

/// <summary>
/// What the outside must do after a step, in the order of the properties: persist the hard state, truncate,
/// append, send, apply, answer reads. One reused object: valid until the next call into the node.
/// </summary>
/// <remarks>
/// Disk operations are handed to the disk in exactly this order and become durable in it (term first, trap
/// 4).
/// </remarks>
public sealed class Effects
{
    /// <summary>
    /// Hard state to make durable before anything that follows; null when it has not changed.
    /// </summary>
    public HardState? HardState { get; set; }

    /// <summary>First index to drop from the log, with all behind it; null when nothing is dropped.</summary>
    public LogIndex? TruncateFrom { get; set; }

    /// <summary>
    /// First of the entries to append, <c>[AppendFrom, AppendUntil)</c>. For a follower they are entries of
    /// the message just received (of which a known prefix may be left out); for a leader the entries just
    /// proposed, in the order of the calls, every one in the node's current term.
    /// </summary>
    public LogIndex AppendFrom { get; set; }

    /// <summary>
    /// Index behind the last entry to append; equal to <see cref="AppendFrom"/> when there is none.
    /// </summary>
    public LogIndex AppendUntil { get; set; }

    /// <summary>
    /// Entries to append that the leader makes up itself (no-op at the start of a term, configurations), by
    /// rising index; all other indexes of the range are the caller's commands in order of their proposal.
    /// </summary>
    public List<OwnEntry> OwnEntries { get; } = [];

    /// <summary>
    /// Messages to send. Ranges of <see cref="AppendRequest"/> are read from the log after the append.
    /// </summary>
    public List<Outgoing> Messages { get; } = [];

    /// <summary>Highest index known to be committed. Entries up to it may be applied.</summary>
    public LogIndex Commit { get; set; }

    /// <summary>Reads that may be answered once everything up to their index is applied.</summary>
    public List<ReadGrant> Reads { get; } = [];

    /// <summary>Whether reads that were waiting have been dropped: this node no longer leads.</summary>
    public bool ReadsDropped { get; set; }

    /// <summary>Things worth a line in the log of the node, in order.</summary>
    public List<RaftEvent> Events { get; } = [];

    /// <summary>Whether there is nothing to do except to note <see cref="Commit"/>.</summary>
    public bool HasDiskWork => HardState is not null || TruncateFrom is not null || AppendUntil > AppendFrom;

    /// <summary>Empties the value for the next step.</summary>
    public void Clear()
    {
        HardState = null;
        TruncateFrom = null;
        AppendFrom = AppendUntil = LogIndex.Zero;
        OwnEntries.Clear();
        Messages.Clear();
        Reads.Clear();
        ReadsDropped = false;
        Events.Clear();
    }
}
