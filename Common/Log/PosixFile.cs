using Microsoft.Win32.SafeHandles;

namespace Chorus.Common.Log;

/// <summary>A file of the operating system.</summary>
internal sealed class PosixFile(string path, SafeFileHandle handle) : IStorageFile
{
    /// <inheritdoc/>
    public string Name { get; } = Path.GetFileName(path);

    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(handle);

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(handle, bytes, offset);
        }
        catch (IOException error)
        {
            throw PosixStorage.Translate(error);
        }
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> into)
    {
        int total = 0;
        while (total < into.Length)
        {
            int read = RandomAccess.Read(handle, into[total..], offset + total);
            if (read == 0)
                break;
            total += read;
        }
        return total;
    }

    /// <inheritdoc/>
    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(handle, length);
        }
        catch (IOException error)
        {
            throw PosixStorage.Translate(error);
        }
    }

    /// <summary>Reserves its space, where the file system can; it has its length in any case.</summary>
    /// <exception cref="DiskFullException">There is no room.</exception>
    public void Reserve(long length)
    {
        if (!LibC.TryReserve(handle, length, path))
            SetLength(length);
    }

    /// <inheritdoc/>
    public void Sync() => LibC.SyncData(handle, path);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
