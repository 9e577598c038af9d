using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Chorus.Common.Log;

/// <summary>The calls of the C library for which .NET has no counterpart.</summary>
internal static partial class LibC
{
    private const int OpenReadOnly = 0;
    private const int OpenReadWrite = 2;
    private const int OpenCloseOnExec = 0x80000;
    private const int AdviceNotNeeded = 4;
    private const nint LargePageBytes = 2 << 20;
    private const int PriorityOfThread = 0;
    private const int Interrupted = 4;
    private const int InvalidArgument = 22;
    private const int NotImplemented = 38;
    private const int NotPermitted = 1;
    private const int NotSupported = 95;

    /// <summary>Makes the contents of a file durable, and no metadata that reading them does not need.</summary>
    public static void SyncData(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsLinux())
        {
            if (DataSync(file) != 0)
                throw Error("fdatasync", path);
            return;
        }
        // macOS: .NET asks for F_FULLFSYNC there; a plain fsync would stop at the drive's cache.
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Makes names in a directory durable.</summary>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(path, OpenReadOnly);
        if (descriptor < 0)
            throw Error("open", path);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FileSync(handle) != 0)
            throw Error("fsync", path);
    }

    /// <summary>Opens a file for reading, or for reading and writing, past the system's cache.</summary>
    /// <returns>Null where that cannot be had: another system, or a file system without it.</returns>
    public static SafeFileHandle? TryOpenUncached(string path, bool writable)
    {
        int direct = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 or Architecture.X86 => 0x4000,
            Architecture.Arm64 or Architecture.Arm => 0x10000,
            _ => 0,
        };
        if (!OperatingSystem.IsLinux() || direct == 0)
            return null;
        int descriptor = Open(path, (writable ? OpenReadWrite : OpenReadOnly) | OpenCloseOnExec | direct);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Reserves the space of a file that has just been made, and gives it its length.</summary>
    /// <returns>False where the file system, or this system, cannot.</returns>
    /// <exception cref="DiskFullException">There is no room.</exception>
    public static bool TryReserve(SafeFileHandle file, long length, string path)
    {
        // Elsewhere the call is missing, or lengths have another size.
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            return false;
        int code;
        do
            code = Reserve(file, 0, length);
        while (code == Interrupted);
        return code switch
        {
            0 => true,
            InvalidArgument or NotSupported or NotImplemented or NotPermitted => false,
            _ => throw Error("posix_fallocate", path, code),
        };
    }

    /// <summary>
    /// Lets a thread stand back behind those that somebody waits for, where the system knows such a thing; one that
    /// stands further back already stays there.
    /// </summary>
    /// <param name="nice">How far: a nice value, 0 to 19.</param>
    /// <param name="thread">The system's number of the thread. Default 0: the calling one.</param>
    public static void StandBack(int nice, int thread = 0)
    {
        if (OperatingSystem.IsLinux() && GetPriority(PriorityOfThread, thread) < nice)
            _ = SetPriority(PriorityOfThread, thread, nice);
    }

    /// <summary>
    /// Gives memory back to the system, with all that is in it, while its owner keeps the addresses: what is touched
    /// again is zeros, or, on other systems, as it was.
    /// </summary>
    /// <param name="address">Where the memory begins; it does not move.</param>
    /// <param name="length">Its length in bytes.</param>
    public static void DiscardContents(nint address, nint length)
    {
        // Whole large pages, where there are some; what is not heeded does no harm.
        nint first = (address + LargePageBytes - 1) & ~(LargePageBytes - 1);
        nint end = (address + length) & ~(LargePageBytes - 1);
        if (OperatingSystem.IsLinux() && end > first)
            _ = AdviseMemory(first, end - first, AdviceNotNeeded);
    }

    private static IOException Error(string call, string path) => Error(call, path, Marshal.GetLastPInvokeError());

    private static IOException Error(string call, string path, int code) => PosixStorage.Translate(
        new IOException($"{call} of {path} failed: {Marshal.GetPInvokeErrorMessage(code)} (error {code})", code));

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int AdviseMemory(nint address, nint length, int advice);

    // On Linux every thread has its own. A thread that is gone has -1.
    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, int who);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int nice);

    // Answers with the error number.
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int Reserve(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int DataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FileSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
