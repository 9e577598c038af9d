using System.Globalization;
using System.Net;

namespace Chorus.Common.Hosting;

/// <summary>
/// A host and a port, as flags name them: <c>:11000</c> (loopback), <c>node7:11000</c>, <c>[::1]:11000</c>.
/// </summary>
/// <param name="Host">Name or address; IPv6 without brackets.</param>
/// <param name="Port">1 to 65,535.</param>
public readonly record struct HostEndpoint(string Host, int Port)
{
    private const string Loopback = "127.0.0.1";

    /// <summary>Whether only this machine can reach it.</summary>
    public bool IsLoopback =>
        string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>
    /// Whether it stands for every interface of this machine, so that nobody can connect to it by this name.
    /// </summary>
    public bool IsWildcard =>
        Host == "*" || (IPAddress.TryParse(Host, out IPAddress? address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));

    /// <summary>The same host, a port at a distance; it may lie beyond the last one.</summary>
    public HostEndpoint Shifted(int offset) => this with { Port = Port + offset };

    /// <summary>Reads an endpoint.</summary>
    /// <param name="text"><c>:port</c>, <c>host:port</c> or <c>[address]:port</c>.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="error">What is wrong, when the result is false.</param>
    public static bool TryParse(string? text, out HostEndpoint endpoint, out string error)
    {
        endpoint = default;
        text ??= "";
        int colon = text.LastIndexOf(':');
        string digits = text[(colon + 1)..];
        if (colon < 0 || text.Length == 0)
        {
            error = $"'{text}' is no endpoint; write host:port, or :port for this machine";
            return false;
        }
        string host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal))
        {
            error = host.Contains("//", StringComparison.Ordinal)
                ? $"'{text}' names a protocol; write only host:port"
                : $"'{text}' has several colons; write an IPv6 address in brackets, as in [::1]:{digits}";
            return false;
        }
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || port is < 1 or > IPEndPoint.MaxPort)
        {
            error = $"'{digits}' in '{text}' is no port; use a number from 1 to {IPEndPoint.MaxPort}";
            return false;
        }
        bool isBadAddress = host.Contains(':', StringComparison.Ordinal) && !IPAddress.TryParse(host, out _);
        if (isBadAddress || host.Any(c => char.IsWhiteSpace(c) || c is '/' or ','))
        {
            error = $"'{host}' in '{text}' is no host name";
            return false;
        }
        endpoint = new HostEndpoint(host.Length == 0 ? Loopback : host, port);
        error = "";
        return true;
    }

    /// <summary>Reads an endpoint that a flag or a setting gives.</summary>
    /// <param name="text">See <see cref="TryParse"/>.</param>
    /// <param name="flag">The flag's name, for the error.</param>
    /// <exception cref="ChorusException">It is none.</exception>
    public static HostEndpoint Parse(string text, string flag) =>
        TryParse(text, out HostEndpoint endpoint, out string error)
            ? endpoint
            : throw ChorusException.Usage($"{flag}: {error}");

    /// <summary>Reads several, separated by commas.</summary>
    /// <param name="text">Each as in <see cref="TryParse"/>.</param>
    /// <param name="flag">The flag's name, for the error.</param>
    /// <exception cref="ChorusException">One of them is none.</exception>
    public static IReadOnlyList<HostEndpoint> ParseList(string text, string flag) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries).Select(one => Parse(one, flag))];

    /// <summary><c>host:port</c>, with brackets around an IPv6 address.</summary>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
