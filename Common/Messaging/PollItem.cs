using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>struct pollfd of the C library.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollItem
{
    internal const short In = 1;

    internal int Descriptor;
    internal short Events;
    internal short Ready;
}
