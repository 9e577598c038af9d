using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>
/// Wakes a thread that waits in a <see cref="Poller"/>, from any thread. Many signals between two rounds of
/// the waiting thread cost one system call.
/// </summary>
public sealed unsafe partial class Wakeup : IDisposable
{
    private const int CloseOnExec = 0x80000;

    private readonly Lock _disposal = new();
    private int _readEnd = -1;
    private int _writeEnd = -1;
    private int _signalled;

    /// <summary>Opens the pipe behind it.</summary>
    public Wakeup()
    {
        int* ends = stackalloc int[2];
        if ((OperatingSystem.IsLinux() ? Pipe(ends, CloseOnExec) : Pipe(ends)) != 0)
            throw ZmqException.Last("opening a pipe", Errno.TooManyFiles);
        (_readEnd, _writeEnd) = (ends[0], ends[1]);
    }

    /// <summary>Closes the pipe.</summary>
    ~Wakeup() => Close();

    internal int Descriptor => _readEnd;

    /// <summary>Wakes the waiting thread. Thread-safe; does nothing after the disposal.</summary>
    public void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) != 0)
            return;
        lock (_disposal)
        {
            byte one = 1;
            if (_writeEnd >= 0)
                _ = Write(_writeEnd, &one, 1);
        }
    }

    /// <summary>
    /// Forgets signals up to now. The waiting thread calls it first and looks for its work afterwards: what
    /// was handed over before a signal that is forgotten here is seen then.
    /// </summary>
    public void Clear()
    {
        if (Volatile.Read(ref _signalled) == 0)
            return;
        // The flag stands for exactly one byte, written already or within moments, so this does not wait.
        // Reading exactly that one keeps it so: a byte left behind would wake the poller for ever.
        byte one;
        while (_readEnd >= 0 && Read(_readEnd, &one, 1) < 0)
        {
        }

        Interlocked.Exchange(ref _signalled, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    private void Close()
    {
        lock (_disposal)
        {
            if (_readEnd < 0)
                return;
            _ = CloseDescriptor(_readEnd);
            _ = CloseDescriptor(_writeEnd);
            _readEnd = _writeEnd = -1;
        }
    }

    [LibraryImport("libc", EntryPoint = "pipe")]
    private static partial int Pipe(int* ends);

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, byte* bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, byte* bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
