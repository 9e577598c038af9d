using System.Globalization;
using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>Something that happened on a connection.</summary>
/// <param name="Kind">What.</param>
/// <param name="Value">A descriptor or error number, by kind.</param>
public readonly record struct SocketEvent(SocketEventKind Kind, int Value)
{
    /// <summary>Whether a connection cannot come to stand without somebody doing something.</summary>
    public bool IsTrouble => Kind
        is SocketEventKind.HandshakeFailed or SocketEventKind.HandshakeFailedProtocol
        or SocketEventKind.HandshakeFailedAuthentication or SocketEventKind.AcceptFailed
        or SocketEventKind.BindFailed;

    /// <summary>The event as a sentence for people.</summary>
    /// <param name="endpoint">The other side's address, or for a listening socket its own.</param>
    public string Sentence(Endpoint endpoint) => Kind switch
    {
        SocketEventKind.Connected => $"reached {endpoint}, greeting it",
        SocketEventKind.ConnectDelayed => $"connecting to {endpoint}",
        SocketEventKind.ConnectRetried => $"{endpoint} cannot be reached, trying again in {Value} ms",
        SocketEventKind.Listening => $"listening on {endpoint}",
        SocketEventKind.BindFailed => $"could not listen on {endpoint}: {ErrorText}",
        SocketEventKind.Accepted => $"somebody connected to {endpoint}",
        SocketEventKind.AcceptFailed =>
            $"{endpoint} could not take a connection: {ErrorText}; if too many files are open, raise ulimit -n",
        SocketEventKind.Closed => $"closed a connection of {endpoint}",
        SocketEventKind.CloseFailed => $"could not close a connection of {endpoint}: {ErrorText}",
        SocketEventKind.Disconnected => $"the connection with {endpoint} broke",
        SocketEventKind.MonitorStopped => $"no longer watching {endpoint}",
        SocketEventKind.HandshakeFailed =>
            $"the greeting with {endpoint} failed: the other side does not speak ZeroMQ, or went away",
        SocketEventKind.HandshakeSucceeded => $"connected with {endpoint}",
        SocketEventKind.HandshakeFailedProtocol =>
            $"the greeting with {endpoint} failed: the other side speaks another version of ZeroMQ, or only one side " +
            "uses keys",
        SocketEventKind.HandshakeFailedAuthentication =>
            $"{endpoint} refused this side's key: check that both sides have the right keys (answer {Value})",
        _ => string.Create(CultureInfo.InvariantCulture, $"event {(int)Kind} on {endpoint}"),
    };

    private unsafe string? ErrorText => Marshal.PtrToStringUTF8((nint)Libzmq.ErrorText(Value));
}
