using Microsoft.Win32.SafeHandles;

namespace Chorus.Common.Log;

/// <summary>A real directory.</summary>
public sealed class PosixStorage : IStorage
{
    private const int NoSpaceLeft = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int QuotaExceededLinux = 122;
    private const int QuotaExceededMac = 69;
    private readonly DriveInfo _drive;

    /// <summary>Opens a directory, made where it is missing.</summary>
    public PosixStorage(string path)
    {
        Location = Path.GetFullPath(path);
        if (!Directory.Exists(Location))
        {
            Directory.CreateDirectory(Location);
            if (Path.GetDirectoryName(Location) is string parent)
                LibC.SyncDirectory(parent);
        }
        _drive = new DriveInfo(Location);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public long FreeBytes => _drive.AvailableFreeSpace;

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        string[] names = [.. Directory.EnumerateFiles(Location).Select(path => Path.GetFileName(path))];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public IStorageFile Create(string name) => Open(name, FileMode.CreateNew, FileAccess.ReadWrite);

    /// <inheritdoc/>
    public IStorageFile CreateReserved(string name, long length)
    {
        PosixFile file = Open(name, FileMode.CreateNew, FileAccess.ReadWrite);
        try
        {
            file.Reserve(length);
            return file;
        }
        catch (IOException)
        {
            file.Dispose();
            Delete(name);
            throw;
        }
    }

    /// <inheritdoc/>
    public IStorageFile CreateUncached(string name) => PastTheCache(
        name, FileMode.CreateNew, FileAccess.ReadWrite, (path, handle) => new PosixFile(path, handle));

    /// <inheritdoc/>
    public IStorageFile OpenUncached(string name) => PastTheCache(
        name, FileMode.Open, FileAccess.ReadWrite, (path, handle) => new PosixFile(path, handle));

    /// <inheritdoc/>
    public IStorageFile Open(string name, bool writable) =>
        Open(name, FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read);

    /// <inheritdoc/>
    public IStorageFile OpenCold(string name) =>
        PastTheCache(name, FileMode.Open, FileAccess.Read, (path, handle) => new ColdFile(path, handle));

    /// <inheritdoc/>
    public IStorageFile OpenSequential(string name) =>
        PastTheCache(name, FileMode.Open, FileAccess.Read, (path, handle) => new PrefetchedFile(path, handle));

    /// <inheritdoc/>
    public bool Exists(string name) => File.Exists(PathOf(name));

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    /// <inheritdoc/>
    public void Delete(string name) => File.Delete(PathOf(name));

    /// <inheritdoc/>
    public void SyncDirectory() => LibC.SyncDirectory(Location);

    /// <summary>Tells a full device, or an exhausted quota, from other failures.</summary>
    internal static IOException Translate(IOException error) =>
        error.HResult is NoSpaceLeft
        || error.HResult == (OperatingSystem.IsMacOS() ? QuotaExceededMac : QuotaExceededLinux)
            ? new DiskFullException(error.Message)
            : error;

    /// <summary>Whether a failure says that nothing can be written to the file system.</summary>
    internal static bool IsReadOnly(IOException error) => error.HResult == ReadOnlyFileSystem;

    // As any other file where there is no such way.
    private IStorageFile PastTheCache(
        string name, FileMode mode, FileAccess access, Func<string, SafeFileHandle, IStorageFile> file)
    {
        PosixFile cached = Open(name, mode, access);
        string path = PathOf(name);
        if (UncachedFile.TryOpen(path, access == FileAccess.ReadWrite) is not { } handle)
            return cached;
        cached.Dispose();
        return file(path, handle);
    }

    private PosixFile Open(string name, FileMode mode, FileAccess access)
    {
        string path = PathOf(name);
        try
        {
            return new PosixFile(
                path, File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (IOException error)
        {
            throw Translate(error);
        }
    }

    private string PathOf(string name) => Path.Combine(Location, name);
}
