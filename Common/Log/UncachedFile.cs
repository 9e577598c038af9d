using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Chorus.Common.Log;

/// <summary>Files that are read and written past the system's cache.</summary>
internal static class UncachedFile
{
    private const int BlockBytes = IStorage.UncachedBlockBytes;

    /// <summary>Memory for transfers, full of zeros: they need addresses that are multiples of a block.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="start">Where in it the first block begins.</param>
    public static byte[] Allocate(int bytes, out int start)
    {
        byte[] memory = GC.AllocateArray<byte>(bytes + BlockBytes, pinned: true);
        start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0) & (BlockBytes - 1));
        return memory;
    }

    /// <summary>Opens a file, and tries a block: some file systems open it and transfer nothing.</summary>
    /// <param name="path">The file; it stays as it is.</param>
    /// <param name="writable">Whether it is to be written, too.</param>
    /// <returns>Null where that cannot be had.</returns>
    public static SafeFileHandle? TryOpen(string path, bool writable)
    {
        if (LibC.TryOpenUncached(path, writable) is not { } handle)
            return null;
        try
        {
            byte[] memory = Allocate(BlockBytes, out int start);
            Span<byte> block = memory.AsSpan(start, BlockBytes);
            int read = RandomAccess.Read(handle, block, 0);
            if (writable)
                Rewrite(handle, block, read);
            return handle;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Whatever it is, the usual way meets it as well, or does without.
            handle.Dispose();
            return null;
        }
    }

    private static void Rewrite(SafeFileHandle handle, ReadOnlySpan<byte> block, int length)
    {
        if (length is not (0 or BlockBytes))
            throw new IOException("the file does not end with a block");
        RandomAccess.Write(handle, block, 0);
        if (length == 0)
            RandomAccess.SetLength(handle, 0);
    }
}
