using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// One checkpoint of a file of slots on its way: of the state as it was when it was asked for, whatever is applied
/// meanwhile.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="superblock">What the file is to say in the end.</param>
/// <param name="changes">Slots that have changed since the last one; not changed any more.</param>
/// <param name="sessions">Sessions of clients then, encoded.</param>
internal sealed class SlotCheckpoint(
    SlotFile file, SlotSuperblock superblock, SlotChanges changes, ReadOnlyMemory<byte> sessions) : IDiskJob
{
    private volatile bool _isFinished;
    private bool _hasJournal;

    /// <summary>The index up to which it makes everything durable.</summary>
    public LogIndex Applied => superblock.Applied;

    /// <summary>Whether it is done.</summary>
    public bool IsFinished => _isFinished;

    /// <summary>Null, or why it failed.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether it failed for want of room, and nothing of it counts: it may be tried again (trap 5).</summary>
    public bool WantsRoom => Error is DiskFullException && !_hasJournal;

    /// <summary>Prepares another attempt.</summary>
    public void Again()
    {
        Error = null;
        _isFinished = false;
    }

    /// <inheritdoc/>
    public void Write()
    {
        file.WriteJournal(
            superblock,
            Mutants.AppliedBeforeData ? new SlotChanges() : changes,
            Mutants.SlotsWithoutSessions ? default : sessions.Span);
        _hasJournal = true;
    }

    /// <inheritdoc/>
    public void Sync()
    {
        file.Write(superblock, changes);
        _isFinished = true;
    }

    /// <inheritdoc/>
    public void Fail(Exception error)
    {
        Error = error;
        _isFinished = true;
    }
}
