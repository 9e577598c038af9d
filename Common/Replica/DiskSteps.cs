using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Work on one file that another thread does in steps, one at a time, each prepared here. Reused for all of them.
/// </summary>
internal abstract class DiskSteps : IDiskJob, IDisposable
{
    private Action? _step;
    private volatile bool _isFinished = true;

    /// <summary>Whether nothing is under way; all else is visible with it.</summary>
    public bool IsFinished => _isFinished;

    /// <summary>Why the last step failed; null: it did not.</summary>
    public Exception? Error { get; private set; }

    /// <inheritdoc/>
    public void Write() => _step!();

    /// <inheritdoc/>
    public void Sync() => _isFinished = true;

    /// <inheritdoc/>
    public void Fail(Exception error)
    {
        Error = error;
        _isFinished = true;
    }

    /// <summary>Closes what is open. When no thread works on it any more.</summary>
    public abstract void Dispose();

    /// <summary>Prepares the next step, which somebody hands to the thread then.</summary>
    protected void Prepare(Action step)
    {
        Check.That(_isFinished, "one step at a time");
        _step = step;
        Error = null;
        _isFinished = false;
    }
}
