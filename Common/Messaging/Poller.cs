using System.Diagnostics;
using System.Runtime.InteropServices;
using Chorus.Raft;

namespace Chorus.Common.Messaging;

/// <summary>
/// Waits until one of several sockets can be read, or a <see cref="Wakeup"/> was signalled. Owned by the
/// thread that owns the sockets; waiting allocates nothing.
/// </summary>
/// <remarks>
/// What a round costs depends on the sockets where something happened, not on how many there are: libzmq has a
/// descriptor for each socket that becomes readable when there is something to look at, and a socket that was found
/// empty is not looked at again before (<see cref="ZmqSocket.IsQuiet"/>). zmq_poll looks at every one, twice, with two
/// system calls each.
/// </remarks>
public sealed unsafe partial class Poller
{
    private const long NanosPerMicro = 1_000;

    private readonly List<object> _sources = [];
    private PollItem[] _items = new PollItem[8];
    private bool[] _ready = new bool[8];

    /// <summary>Adds a socket. At most once each, and to one poller only.</summary>
    public void Add(ZmqSocket socket)
    {
        Add(socket, socket.Descriptor);
        socket.IsWaitedFor = true;
    }

    /// <summary>Adds a wake-up, which <see cref="Wait"/> does not clear.</summary>
    public void Add(Wakeup wakeup) => Add(wakeup, wakeup.Descriptor);

    /// <summary>Takes a socket or wake-up out, before it is disposed.</summary>
    public void Remove(object source)
    {
        int at = _sources.IndexOf(source);
        if (at < 0)
            return;
        _sources.RemoveAt(at);
        int behind = _sources.Count - at;
        Array.Copy(_items, at + 1, _items, at, behind);
        Array.Copy(_ready, at + 1, _ready, at, behind);
        if (source is ZmqSocket socket)
            socket.IsWaitedFor = false;
    }

    /// <summary>Waits.</summary>
    /// <param name="timeoutMs">0 only looks; -1 waits for ever.</param>
    /// <returns>How many are ready; 0 when the time passed or a system signal came in between.</returns>
    public int Wait(int timeoutMs) => WaitMicros(timeoutMs < 0 ? -1 : timeoutMs * 1_000L);

    /// <summary>Waits.</summary>
    /// <param name="timeoutMicros">
    /// In microseconds; whole milliseconds where the system knows no finer. 0 only looks; -1 waits for ever.
    /// </param>
    /// <returns>How many are ready; 0 when the time passed or a system signal came in between.</returns>
    public int WaitMicros(long timeoutMicros)
    {
        long start = timeoutMicros > 0 ? Stopwatch.GetTimestamp() : 0;
        long left = timeoutMicros;
        while (true)
        {
            int ready = LookWhereNewsMayBe();
            int signalled = Poll(ready > 0 ? 0 : left);
            if (signalled > 0)
                ready += TakeSignals();
            if (ready > 0 || signalled < 0 || left == 0)
                return ready;
            // What was signalled was no message: a connection that came or went.
            if (timeoutMicros > 0)
                left = Math.Max(0, timeoutMicros - (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
    }

    /// <summary>Adds every socket and wake-up that the last <see cref="Wait"/> found ready.</summary>
    public void AddReadyTo(ICollection<object> sources)
    {
        for (int i = 0; i < _sources.Count; i++)
        {
            if (_ready[i])
                sources.Add(_sources[i]);
        }
    }

    /// <summary>Whether the last <see cref="Wait"/> found this socket or wake-up ready.</summary>
    public bool IsReady(object source)
    {
        int at = _sources.IndexOf(source);
        return at >= 0 && _ready[at];
    }

    private void Add(object source, int descriptor)
    {
        Check.That(!_sources.Contains(source), "a socket is added to a poller once");
        int at = _sources.Count;
        if (at == _items.Length)
        {
            Array.Resize(ref _items, at * 2);
            Array.Resize(ref _ready, at * 2);
        }
        _items[at] = new PollItem { Descriptor = descriptor, Events = PollItem.In };
        _ready[at] = false;
        _sources.Add(source);
    }

    /// <summary>Asks the sockets whose descriptors say nothing of what they hold.</summary>
    private int LookWhereNewsMayBe()
    {
        int ready = 0;
        for (int i = 0; i < _sources.Count; i++)
        {
            _ready[i] = _sources[i] is ZmqSocket { IsQuiet: false } socket && socket.HasMessage();
            if (_ready[i])
                ready++;
        }
        return ready;
    }

    private int TakeSignals()
    {
        int ready = 0;
        for (int i = 0; i < _sources.Count; i++)
        {
            if (_items[i].Ready == 0 || _ready[i])
                continue;
            _ready[i] = _sources[i] is not ZmqSocket socket || socket.HasMessage();
            if (_ready[i])
                ready++;
        }
        return ready;
    }

    /// <returns>How many descriptors are readable; -1 when a system signal came in between.</returns>
    private int Poll(long micros)
    {
        fixed (PollItem* items = _items)
        {
            int ready;
            if (OperatingSystem.IsLinux())
            {
                var time = new TimeSpec
                {
                    Seconds = (nint)(micros / 1_000_000),
                    Nanoseconds = (nint)(micros % 1_000_000 * NanosPerMicro),
                };
                ready = PPoll(items, (nuint)_sources.Count, micros < 0 ? null : &time, null);
            }
            else
            {
                ready = Poll(items, (nuint)_sources.Count, micros < 0 ? -1 : (int)((micros + 999) / 1000));
            }
            if (ready >= 0)
                return ready;
            int errno = Marshal.GetLastPInvokeError();
            return errno == Errno.Interrupted ? -1 : throw ZmqException.Last("waiting for sockets", errno);
        }
    }

    private struct TimeSpec
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    private static partial int PPoll(PollItem* items, nuint count, TimeSpec* timeout, void* signals);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollItem* items, nuint count, int timeoutMs);
}
