namespace Chorus.Common.Snapshots;

/// <summary>
/// Where the owner of a data directory shows other threads its newest snapshot, and they say that they would rather
/// have a newer one. Shown by the owner's thread, read by any. The file may be gone: then a newer one is shown.
/// </summary>
public sealed class SnapshotView
{
    private volatile SnapshotInfo? _newest;
    private volatile bool _isTaking;
    private volatile bool _isNewerWanted;

    /// <summary>The newest snapshot; null before the first.</summary>
    public SnapshotInfo? Newest => _newest;

    /// <summary>Shows a newer one.</summary>
    public void Show(SnapshotInfo? snapshot) => _newest = snapshot;

    /// <summary>Whether somebody waits for a newer one, and the owner has not made up its mind yet.</summary>
    public bool IsNewerWanted => _isNewerWanted;

    /// <summary>From now on the owner looks whether a newer one is wanted.</summary>
    public void BeginTaking() => _isTaking = true;

    /// <summary>
    /// Says that a newer one is wanted. The owner takes one if that is worth it, and ends the wish with <see
    /// cref="Settle"/> in any case. Any thread.
    /// </summary>
    /// <returns>False when nobody takes any here, so that waiting is in vain.</returns>
    public bool TryWant()
    {
        if (!_isTaking)
            return false;
        _isNewerWanted = true;
        return true;
    }

    /// <summary>Nobody has to wait any more: <see cref="Newest"/> is as good as it gets. The owner's thread.</summary>
    public void Settle() => _isNewerWanted = false;
}
