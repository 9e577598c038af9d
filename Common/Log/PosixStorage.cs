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
    public IStorageFile CreateUncached(string name)
    {
        PosixFile cached = Open(name, FileMode.CreateNew, FileAccess.ReadWrite);
        string path = PathOf(name);
        if (UncachedFile.TryOpen(path, writable: true) is not { } handle)
            return cached;
        cached.Dispose();
        return new PosixFile(path, handle);
    }

    /// <inheritdoc/>
    public IStorageFile Open(string name, bool writable) =>
        Open(name, FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read);

    /// <inheritdoc/>
    public IStorageFile OpenSequential(string name)
    {
        PosixFile cached = Open(name, FileMode.Open, FileAccess.Read);
        string path = PathOf(name);
        if (UncachedFile.TryOpen(path, writable: false) is not { } handle)
            return cached;
        cached.Dispose();
        return new PrefetchedFile(path, handle);
    }

    /// <inheritdoc/>
    public bool Exists(string name) => File.Exists(PathOf(name));

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    /// <inheritdoc/>
    public void Delete(string name) => File.Delete(PathOf(name));

    /// <inheritdoc/>
    public void ReleaseCache(string name, long offset, long length)
    {
        try
        {
            using SafeFileHandle handle = File.OpenHandle(
                PathOf(name), share: FileShare.ReadWrite | FileShare.Delete);
            LibC.ReleaseCache(handle, offset, length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It may have been removed meanwhile; and no log fails for want of a hint.
        }
    }

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
