using Microsoft.Win32.SafeHandles;

namespace Chorus.Common.Log;

/// <summary>
/// A file that is read past the system's cache, in long pieces anywhere. Holds nothing: each read sees what is on the
/// disk then.
/// </summary>
internal sealed class ColdFile(string path, SafeFileHandle handle) : IStorageFile
{
    private const int BlockBytes = IStorage.UncachedBlockBytes;
    private const int StagingBytes = 1 << 20;

    // Blocks of the disk begin and end elsewhere than what is asked for. One for each thread that reads, not each file.
    [ThreadStatic]
    private static byte[]? t_staging;
    [ThreadStatic]
    private static int t_start;

    /// <inheritdoc/>
    public string Name { get; } = Path.GetFileName(path);

    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(handle);

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> into)
    {
        byte[] staging = t_staging ??= UncachedFile.Allocate(StagingBytes, out t_start);
        int total = 0;
        while (total < into.Length)
        {
            long at = offset + total;
            int before = (int)(at & (BlockBytes - 1));
            int wanted = Math.Min(into.Length - total, StagingBytes - before);
            int whole = (before + wanted + BlockBytes - 1) & -BlockBytes;
            int read = RandomAccess.Read(handle, staging.AsSpan(t_start, whole), at - before) - before;
            if (read <= 0)
                break;
            int part = Math.Min(read, wanted);
            staging.AsSpan(t_start + before, part).CopyTo(into[total..]);
            total += part;
            // Shorter ones are the end: behind one that ends within a block nothing can be read past the cache.
            if ((read + before) % BlockBytes != 0)
                break;
        }
        return total;
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes) => throw ReadOnly();

    /// <inheritdoc/>
    public void SetLength(long length) => throw ReadOnly();

    /// <inheritdoc/>
    public void Sync()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static InvalidOperationException ReadOnly() => new("a file that is opened for reading is not written");
}
