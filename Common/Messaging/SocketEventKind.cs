namespace Chorus.Common.Messaging;

/// <summary>What happened on a connection; libzmq's numbers.</summary>
[Flags]
public enum SocketEventKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>TCP stands; the greeting follows.</summary>
    Connected = 0x1,

    /// <summary>A connect did not succeed at once; usual.</summary>
    ConnectDelayed = 0x2,

    /// <summary>The connect failed and is tried again after a pause.</summary>
    ConnectRetried = 0x4,

    /// <summary>The socket listens.</summary>
    Listening = 0x8,

    /// <summary>It could not listen.</summary>
    BindFailed = 0x10,

    /// <summary>A connection came in; the greeting follows.</summary>
    Accepted = 0x20,

    /// <summary>A connection could not be taken, e.g. too many open files.</summary>
    AcceptFailed = 0x40,

    /// <summary>The connection was closed by this side.</summary>
    Closed = 0x80,

    /// <summary>Closing failed.</summary>
    CloseFailed = 0x100,

    /// <summary>The connection broke, or the other side closed it.</summary>
    Disconnected = 0x200,

    /// <summary>The monitor ends.</summary>
    MonitorStopped = 0x400,

    /// <summary>The greeting failed: whoever is there does not speak ZeroMQ, or went away.</summary>
    HandshakeFailed = 0x800,

    /// <summary>The connection is ready for messages.</summary>
    HandshakeSucceeded = 0x1000,

    /// <summary>The other side speaks ZeroMQ but not this version or security mechanism.</summary>
    HandshakeFailedProtocol = 0x2000,

    /// <summary>The other side refused the key.</summary>
    HandshakeFailedAuthentication = 0x4000,
}
