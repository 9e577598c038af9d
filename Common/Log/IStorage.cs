namespace Chorus.Common.Log;

/// <summary>
/// The log's port to a directory of files. Names are plain file names without folders. The production
/// implementation is the operating system's file system; the simulator's one loses and tears what was not synced.
/// </summary>
/// <remarks>
/// Nothing is durable before <see cref="IStorageFile.Sync"/> (contents) or <see cref="SyncDirectory"/> (creation,
/// rename, removal of names). Every call may throw <see cref="IOException"/>; a failed sync is final: never retried.
/// Want of room is a <see cref="DiskFullException"/>: the only failure that passes, met only where a file grows.
/// </remarks>
public interface IStorage
{
    /// <summary>Names in the directory, ordered by their bytes.</summary>
    IReadOnlyList<string> List();

    /// <summary>Makes an empty file; an existing one of that name is an error.</summary>
    IStorageFile Create(string name);

    /// <summary>
    /// Makes a file of zeros that takes its room on the device now, where the file system can promise it, so that no
    /// later write finds the device full.
    /// </summary>
    /// <param name="name">File name; an existing one is an error.</param>
    /// <param name="length">Bytes.</param>
    IStorageFile CreateReserved(string name, long length)
    {
        IStorageFile file = Create(name);
        file.SetLength(length);
        return file;
    }

    /// <summary>
    /// Makes an empty file that is filled from one end to the other and not read soon: what is written may go past the
    /// system's cache. Offsets and lengths of writes, and the addresses that they are written from, are multiples of
    /// <see cref="UncachedBlockBytes"/>.
    /// </summary>
    /// <param name="name">File name; an existing one is an error.</param>
    IStorageFile CreateUncached(string name) => Create(name);

    /// <summary>
    /// Opens an existing file to be written, in the manner of <see cref="CreateUncached"/>; its length is a multiple of
    /// a block.
    /// </summary>
    /// <param name="name">File name.</param>
    IStorageFile OpenUncached(string name) => Open(name, writable: true);

    /// <summary>
    /// How much of a long file is written at once (<see cref="SequentialFile"/>), a power of two: little, so that
    /// flushes of the log do not wait behind much.
    /// </summary>
    int SequentialBytes => 256 << 10;

    /// <summary>What writes to a file past the cache are multiples of.</summary>
    const int UncachedBlockBytes = 4096;

    /// <summary>Opens an existing file.</summary>
    /// <param name="name">File name.</param>
    /// <param name="writable">False for files that are only read.</param>
    IStorageFile Open(string name, bool writable);

    /// <summary>
    /// Opens an existing file that is read in long pieces and hardly twice: it does not come into the system's cache.
    /// Each read sees what is in the file then.
    /// </summary>
    /// <param name="name">File name.</param>
    IStorageFile OpenCold(string name) => Open(name, writable: false);

    /// <summary>
    /// Opens an existing file that is read once, from its beginning to its end, and may still grow: it does not come
    /// into the system's cache.
    /// </summary>
    /// <param name="name">File name.</param>
    IStorageFile OpenSequential(string name) => Open(name, writable: false);

    /// <summary>Whether a file of that name exists.</summary>
    bool Exists(string name);

    /// <summary>Gives a file another name, replacing a file that has it.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file.</summary>
    void Delete(string name);

    /// <summary>Makes creations, renames and removals durable.</summary>
    void SyncDirectory();

    /// <summary>Bytes that can still be written to the device.</summary>
    long FreeBytes { get; }

    /// <summary>Where the directory is, for messages to people.</summary>
    string Location { get; }
}
