using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Chorus.Common.Replica;

/// <summary>Addresses that strangers send, before they are written into a configuration for everybody.</summary>
internal static class AddressText
{
    /// <summary>
    /// Whether others could connect to <c>host:port</c>: a name or an address of printable ASCII that fits into a
    /// configuration, and a port. What a configuration holds, every member connects to, again after each restart.
    /// </summary>
    /// <param name="text">From anybody.</param>
    public static bool IsReachable(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && text.Length <= byte.MaxValue && IsHost(text.AsSpan(0, colon))
            && ushort.TryParse(
                text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            && port > 0;
    }

    private static bool IsHost(ReadOnlySpan<char> host)
    {
        if (host[0] == '[')
        {
            return host[^1] == ']' && IPAddress.TryParse(host[1..^1], out IPAddress? address)
                && address.AddressFamily == AddressFamily.InterNetworkV6 && !address.Equals(IPAddress.IPv6Any);
        }
        foreach (char letter in host)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '-' or '_'))
                return false;
        }
        // Of 0.0.0.0 nobody knows which machine is meant.
        return char.IsAsciiLetterOrDigit(host[0]) && !host.SequenceEqual("0.0.0.0");
    }
}
