using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>
/// Tells the C library's allocator that large messages come and go all the time. libzmq allocates each one anew; left
/// to itself, glibc maps those above 128 KiB one by one and gives freed memory back to the kernel at once, so that
/// every
/// page of every message is faulted in and cleared again: a tenth of the cost of a transfer.
/// </summary>
internal static partial class LibcAllocator
{
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int MapThresholdBytes = 4 << 20;
    private const int KeptBytes = 8 << 20;

    private static int _isSet;

    /// <summary>Keeps up to 8 MiB of freed memory in each of the allocator's arenas; once a process.</summary>
    public static void KeepLargeBlocks()
    {
        if (!OperatingSystem.IsLinux() || Interlocked.Exchange(ref _isSet, 1) != 0)
            return;
        try
        {
            _ = SetOption(MapThreshold, MapThresholdBytes);
            _ = SetOption(TrimThreshold, KeptBytes);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, with an allocator and habits of its own.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);
}
