namespace Chorus.Common.Log;

/// <summary>
/// A directory in memory, for <c>-inmem</c>: nothing survives the process, and nothing waits for a disk. Files
/// take memory only where something other than zeros was written.
/// </summary>
/// <param name="capacityBytes">Room on the pretended device, counted by lengths of files.</param>
public sealed class MemoryStorage(long capacityBytes = long.MaxValue) : IStorage
{
    private readonly SortedDictionary<string, MemoryContents> _files = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public string Location => "(memory)";

    /// <summary>Room on the pretended device.</summary>
    public long CapacityBytes { get; set; } = capacityBytes;

    /// <inheritdoc/>
    public long FreeBytes
    {
        get
        {
            lock (_gate)
                return CapacityBytes - _files.Values.Sum(file => file.Length);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        lock (_gate)
            return [.. _files.Keys];
    }

    /// <inheritdoc/>
    public IStorageFile Create(string name)
    {
        lock (_gate)
        {
            var contents = new MemoryContents();
            if (!_files.TryAdd(name, contents))
                throw new IOException($"{name} exists already");
            return new MemoryFile(this, name, contents);
        }
    }

    /// <inheritdoc/>
    public IStorageFile Open(string name, bool writable)
    {
        lock (_gate)
            return new MemoryFile(this, name, Find(name));
    }

    /// <inheritdoc/>
    public bool Exists(string name)
    {
        lock (_gate)
            return _files.ContainsKey(name);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            _files[to] = Find(from);
            _files.Remove(from);
        }
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        lock (_gate)
            _files.Remove(name);
    }

    /// <inheritdoc/>
    public void SyncDirectory()
    {
    }

    private MemoryContents Find(string name) => _files.TryGetValue(name, out MemoryContents? contents)
        ? contents
        : throw new FileNotFoundException($"{name} does not exist in memory", name);

    private sealed class MemoryFile(MemoryStorage storage, string name, MemoryContents contents) : IStorageFile
    {
        public string Name => name;

        public long Length => contents.Length;

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            if (storage.CapacityBytes != long.MaxValue
                && offset + bytes.Length - contents.Length > Math.Max(0, storage.FreeBytes))
                throw new DiskFullException($"no room for {bytes.Length} bytes of {name} in memory");
            contents.Write(offset, bytes);
        }

        public int Read(long offset, Span<byte> into) => contents.Read(offset, into);

        public void SetLength(long length) => contents.SetLength(length);

        public void Sync()
        {
        }

        public void Dispose()
        {
        }
    }
}
