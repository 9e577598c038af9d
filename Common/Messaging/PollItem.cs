using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>zmq_pollitem_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollItem
{
    internal const short In = 1;
    internal const short Out = 2;

    internal nint Socket;
    internal int Descriptor;
    internal short Events;
    internal short Ready;
}
