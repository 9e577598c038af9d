namespace Chorus.Common.Snapshots;

/// <summary>
/// Where the owner of a data directory shows other threads its newest snapshot. Written by the owner's thread, read by
/// any. The file may be gone: then a newer one is shown.
/// </summary>
public sealed class SnapshotView
{
    private volatile SnapshotInfo? _newest;

    /// <summary>The newest snapshot; null before the first.</summary>
    public SnapshotInfo? Newest => _newest;

    /// <summary>Shows a newer one.</summary>
    public void Show(SnapshotInfo? snapshot) => _newest = snapshot;
}
