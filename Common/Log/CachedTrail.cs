namespace Chorus.Common.Log;

/// <summary>
/// Keeps no more of what a log has written in the system's cache than its newest bytes: a log that grows would fill it
/// with what is hardly read again, and every record would be copied into memory that is new. Used by the disk's thread.
/// </summary>
/// <param name="storage">The directory.</param>
/// <param name="keptBytes">How many bytes stay.</param>
internal sealed class CachedTrail(IStorage storage, long keptBytes)
{
    // Large pages of the cache go only whole; each call costs the batch behind it some tens of microseconds.
    private const long StepBytes = 2 << 20;

    private readonly Queue<Written> _files = new();
    private Written? _newest;
    private long _held;

    /// <summary>Takes note of how far a file is written and durable, and lets go of what is older than it should be.
    /// </summary>
    /// <param name="name">The file that is written, always the newest.</param>
    /// <param name="end">Position behind its last byte.</param>
    public void Note(string name, long end)
    {
        if (_newest?.Name != name)
            _files.Enqueue(_newest = new Written(name));
        _held += end - _newest.End;
        _newest.End = end;
        while (_held - keptBytes >= StepBytes)
            Release(_files.Peek());
    }

    private void Release(Written oldest)
    {
        long until = Math.Min(oldest.Released + StepBytes, oldest.End);
        storage.ReleaseCache(oldest.Name, oldest.Released, until - oldest.Released);
        _held -= until - oldest.Released;
        oldest.Released = until;
        if (until == oldest.End && oldest != _newest)
            _files.Dequeue();
    }

    private sealed class Written(string name)
    {
        public string Name { get; } = name;

        public long End { get; set; }

        public long Released { get; set; }
    }
}
