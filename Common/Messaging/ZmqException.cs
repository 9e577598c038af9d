using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>
/// A call of libzmq failed in a way that its caller cannot go on from. The message is a sentence.
/// </summary>
public sealed class ZmqException : Exception
{
    /// <summary>Makes an exception with a sentence of one's own.</summary>
    internal ZmqException(string message, int errno)
        : base(message) => ErrorNumber = errno;

    /// <summary>The error number of libzmq.</summary>
    public int ErrorNumber { get; }

    /// <summary>From the error number that the last call left.</summary>
    /// <param name="doing">What was being done, e.g. "sending a frame".</param>
    internal static ZmqException Last(string doing) => Last(doing, Marshal.GetLastPInvokeError());

    internal static unsafe ZmqException Last(string doing, int errno) => errno switch
    {
        Errno.Terminated => new ZmqException($"{doing} failed: the ZeroMQ context is closed", errno),
        Errno.TooManyFiles => new ZmqException(
            $"{doing} failed: too many files or sockets are open; raise the limit with ulimit -n", errno),
        _ => new ZmqException(
            $"{doing} failed: {Marshal.PtrToStringUTF8((nint)Libzmq.ErrorText(errno))} (error {errno})", errno),
    };

    /// <summary>Why an endpoint cannot be listened on, and what to do.</summary>
    /// <param name="endpoint">Where it was to listen.</param>
    /// <param name="flag">The flag with which the user chooses the endpoint, e.g. <c>-port</c>.</param>
    /// <param name="errno">What libzmq said.</param>
    internal static ZmqException Bind(Endpoint endpoint, string flag, int errno)
    {
        if (errno == Errno.AddressInUse)
        {
            return new ZmqException(
                $"port {endpoint.Port} is in use by another process: " +
                $"choose another with {flag} or end that process", errno);
        }

        if (errno == Errno.AddressNotAvailable || errno == Errno.NoDevice)
        {
            return new ZmqException(
                $"{endpoint.Host} is not an address of this machine: name one of its own with {flag}, " +
                $"or :{endpoint.Port} for loopback", errno);
        }

        return errno == Errno.AccessDenied
            ? new ZmqException(
                $"port {endpoint.Port} may only be opened by root: choose one from 1024 on with {flag}", errno)
            : Last($"listening on {endpoint}", errno);
    }
}
