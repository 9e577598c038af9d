using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// One checkpoint of a file of slots on its way: of the state as it was when it was asked for, whatever is written
/// meanwhile.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="applied">Last index applied then.</param>
/// <param name="count">Keys with a value then.</param>
/// <param name="digest">Digest of the state then.</param>
internal sealed class SlotCheckpoint(SlotFile file, LogIndex applied, long count, ulong digest) : IDiskJob
{
    private volatile bool _isFinished;

    /// <summary>The index up to which it makes everything durable.</summary>
    public LogIndex Applied => applied;

    /// <summary>Whether it is done.</summary>
    public bool IsFinished => _isFinished;

    /// <summary>Null, or why it failed.</summary>
    public Exception? Error { get; private set; }

    /// <inheritdoc/>
    public void Write()
    {
        // Trap 20: an applied index that is durable before the slots promises writes that a crash takes back.
        if (Mutants.AppliedBeforeData)
            file.WriteSuperblock(applied, count, digest);
        else
            file.Sync();
    }

    /// <inheritdoc/>
    public void Sync()
    {
        if (!Mutants.AppliedBeforeData)
            file.WriteSuperblock(applied, count, digest);
        file.Sync();
        _isFinished = true;
    }

    /// <inheritdoc/>
    public void Fail(Exception error)
    {
        Error = error;
        _isFinished = true;
    }
}
