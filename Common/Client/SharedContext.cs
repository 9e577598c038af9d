using Chorus.Common.Messaging;

namespace Chorus.Common.Client;

/// <summary>
/// One ZeroMQ context, with its I/O thread, for all clients of a process; ends with the last of them.
/// </summary>
internal static class SharedContext
{
    private static readonly Lock Gate = new();
    private static ZmqContext? _context;
    private static int _users;

    internal static ZmqContext Take()
    {
        lock (Gate)
        {
            _context ??= new ZmqContext();
            _users++;
            return _context;
        }
    }

    internal static void Return()
    {
        lock (Gate)
        {
            if (--_users > 0)
                return;
            _context?.Dispose();
            _context = null;
        }
    }
}
