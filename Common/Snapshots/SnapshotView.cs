namespace Chorus.Common.Snapshots;

/// <summary>
/// Where the owner of a data directory shows other threads its newest snapshot, and they say that they would rather
/// have a newer one. Shown by the owner's thread, read by any. The file may be gone: then a newer one is shown.
/// </summary>
/// <param name="newest">The newest snapshot at the beginning.</param>
public sealed class SnapshotView(SnapshotInfo? newest = null) : IDisposable
{
    private volatile SnapshotInfo? _newest = newest;
    private volatile SnapshotUnderWay? _underWay;
    private volatile bool _isTaking;
    private int _wishes;
    private int _settled;

    /// <summary>The newest snapshot; null before the first.</summary>
    public SnapshotInfo? Newest => _newest;

    /// <summary>
    /// One that is being taken and is new enough for whoever wants a newer one: it can be sent already. Null: none is.
    /// </summary>
    public SnapshotUnderWay? UnderWay => _underWay;

    /// <summary>Whether somebody waits for a newer one, and the owner has not made up its mind yet.</summary>
    public bool IsNewerWanted => Volatile.Read(ref _wishes) != Volatile.Read(ref _settled);

    /// <summary>Shows a newer one.</summary>
    public void Show(SnapshotInfo? snapshot) => _newest = snapshot;

    /// <summary>Shows one that is being taken, or that it is not any more.</summary>
    public void ShowUnderWay(SnapshotUnderWay? underWay) => _underWay = underWay;

    /// <summary>From now on the owner looks whether a newer one is wanted.</summary>
    public void BeginTaking() => _isTaking = true;

    /// <summary>The owner takes none any more, finishes none, and nobody has to wait.</summary>
    public void Dispose()
    {
        _isTaking = false;
        _underWay?.Abandon();
        _underWay = null;
        Settle();
    }

    /// <summary>
    /// Says that a newer one is wanted. The owner takes one if that is worth it, and settles the wish in any case. Any
    /// thread.
    /// </summary>
    /// <returns>The wish; null when nobody takes any here, so that waiting is in vain.</returns>
    public int? TryWant()
    {
        if (!_isTaking)
            return null;
        int wish = Interlocked.Increment(ref _wishes);
        // Whoever ends between the two lines settles what is seen, so it is looked at once more.
        if (_isTaking)
            return wish;
        Settle();
        return null;
    }

    /// <summary>Whether a wish is settled: <see cref="Newest"/> is as good as it gets.</summary>
    public bool IsSettled(int wish) => Volatile.Read(ref _settled) - wish >= 0;

    /// <summary>Settles all wishes that there are.</summary>
    public void Settle() => Volatile.Write(ref _settled, Volatile.Read(ref _wishes));
}
