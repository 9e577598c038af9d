using System.Runtime.InteropServices;
using Chorus.Raft;

namespace Chorus.Common.Messaging;

/// <summary>
/// Waits until one of several sockets can be read, or a <see cref="Wakeup"/> was signalled. Owned by the
/// thread that owns the sockets; waiting allocates nothing.
/// </summary>
public sealed unsafe class Poller
{
    private PollItem[] _items = new PollItem[8];
    private readonly List<object> _sources = [];

    /// <summary>Adds a socket. At most once each.</summary>
    public void Add(ZmqSocket socket) => Add(socket, new PollItem { Socket = socket.Handle, Events = PollItem.In });

    /// <summary>Adds a wake-up, which <see cref="Wait"/> does not clear.</summary>
    public void Add(Wakeup wakeup) =>
        Add(wakeup, new PollItem { Descriptor = wakeup.Descriptor, Events = PollItem.In });

    /// <summary>Takes a socket or wake-up out, before it is disposed.</summary>
    public void Remove(object source)
    {
        int at = _sources.IndexOf(source);
        if (at < 0)
            return;
        _sources.RemoveAt(at);
        Array.Copy(_items, at + 1, _items, at, _sources.Count - at);
    }

    /// <summary>Waits.</summary>
    /// <param name="timeoutMs">0 only looks; -1 waits for ever.</param>
    /// <returns>How many are ready; 0 when the time passed or a system signal came in between.</returns>
    public int Wait(int timeoutMs)
    {
        fixed (PollItem* items = _items)
        {
            int ready = Libzmq.Poll(items, _sources.Count, new CLong(timeoutMs));
            if (ready >= 0)
                return ready;
            int errno = Marshal.GetLastPInvokeError();
            return errno == Errno.Interrupted ? 0 : throw ZmqException.Last("waiting for sockets", errno);
        }
    }

    /// <summary>Adds every socket and wake-up that the last <see cref="Wait"/> found ready.</summary>
    public void AddReadyTo(ICollection<object> sources)
    {
        for (int i = 0; i < _sources.Count; i++)
        {
            if (_items[i].Ready != 0)
                sources.Add(_sources[i]);
        }
    }

    /// <summary>Whether the last <see cref="Wait"/> found this socket or wake-up ready.</summary>
    public bool IsReady(object source)
    {
        int at = _sources.IndexOf(source);
        return at >= 0 && _items[at].Ready != 0;
    }

    private void Add(object source, PollItem item)
    {
        Check.That(!_sources.Contains(source), "a socket is added to a poller once");
        if (_sources.Count == _items.Length)
            Array.Resize(ref _items, _items.Length * 2);
        _items[_sources.Count] = item;
        _sources.Add(source);
    }
}
