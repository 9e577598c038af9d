using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>The functions of native libzmq 4.3 that Chorus calls; nothing else in the tree does.</summary>
internal static unsafe partial class Libzmq
{
    private const string Library = LibzmqResolver.LibraryName;

    // LibraryImport stubs are members of this class, so the resolver is always in place before the first of
    // them runs.
    static Libzmq() => LibzmqResolver.Install();

    /// <summary>Runs the static constructor.</summary>
    internal static void EnsureResolver()
    {
    }

    [LibraryImport(Library, EntryPoint = "zmq_version")]
    internal static partial void Version(int* major, int* minor, int* patch);

    [LibraryImport(Library, EntryPoint = "zmq_strerror")]
    internal static partial byte* ErrorText(int errno);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_new", SetLastError = true)]
    internal static partial nint ContextNew();

    [LibraryImport(Library, EntryPoint = "zmq_ctx_set", SetLastError = true)]
    internal static partial int ContextSet(nint context, int option, int value);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_shutdown", SetLastError = true)]
    internal static partial int ContextShutdown(nint context);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_term", SetLastError = true)]
    internal static partial int ContextTerminate(nint context);

    [LibraryImport(Library, EntryPoint = "zmq_socket", SetLastError = true)]
    internal static partial nint SocketNew(nint context, int type);

    [LibraryImport(Library, EntryPoint = "zmq_close", SetLastError = true)]
    internal static partial int SocketClose(nint socket);

    [LibraryImport(Library, EntryPoint = "zmq_setsockopt", SetLastError = true)]
    internal static partial int SetOption(nint socket, int option, void* value, nuint length);

    [LibraryImport(Library, EntryPoint = "zmq_getsockopt", SetLastError = true)]
    internal static partial int GetOption(nint socket, int option, void* value, nuint* length);

    [LibraryImport(
        Library, EntryPoint = "zmq_bind", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Bind(nint socket, string address);

    [LibraryImport(
        Library, EntryPoint = "zmq_unbind", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unbind(nint socket, string address);

    [LibraryImport(
        Library, EntryPoint = "zmq_connect", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Connect(nint socket, string address);

    [LibraryImport(
        Library, EntryPoint = "zmq_disconnect", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Disconnect(nint socket, string address);

    [LibraryImport(
        Library, EntryPoint = "zmq_socket_monitor", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SocketMonitor(nint socket, string? address, int events);

    [LibraryImport(Library, EntryPoint = "zmq_send", SetLastError = true)]
    internal static partial int Send(nint socket, byte* bytes, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_msg_init")]
    [SuppressGCTransition]
    internal static partial int MessageInit(void* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_close")]
    internal static partial int MessageClose(void* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_recv", SetLastError = true)]
    internal static partial int MessageReceive(void* message, nint socket, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_msg_data")]
    [SuppressGCTransition]
    internal static partial byte* MessageData(void* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_size")]
    [SuppressGCTransition]
    internal static partial nuint MessageSize(void* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_more")]
    [SuppressGCTransition]
    internal static partial int MessageMore(void* message);
}
