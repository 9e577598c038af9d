namespace Chorus.Common.Messaging;

/// <summary>Error numbers of libzmq: the system's, and those that it adds.</summary>
internal static class Errno
{
    private const int Own = 156384712;

    internal const int Interrupted = 4;
    internal const int AccessDenied = 13;
    internal const int NoDevice = 19;
    internal const int Invalid = 22;
    internal const int TooManyFiles = 24;
    internal const int WrongState = Own + 51;
    internal const int Terminated = Own + 53;

    internal static readonly int Again = OperatingSystem.IsMacOS() ? 35 : 11;
    internal static readonly int AddressInUse = OperatingSystem.IsMacOS() ? 48 : 98;
    internal static readonly int AddressNotAvailable = OperatingSystem.IsMacOS() ? 49 : 99;
    internal static readonly int HostUnreachable = OperatingSystem.IsMacOS() ? 65 : 113;
}
