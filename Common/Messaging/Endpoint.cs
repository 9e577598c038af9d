using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Chorus.Common.Messaging;

/// <summary>
/// Host and port of a socket, as a user writes it: <c>:13000</c> is loopback, <c>*:13000</c> every address.
/// </summary>
/// <param name="Host">A name or address; <c>0.0.0.0</c> for every address. IPv6 without brackets.</param>
/// <param name="Port">0 lets the system choose a free one when listening.</param>
public readonly record struct Endpoint(string Host, int Port)
{
    /// <summary>The host meant by <c>:port</c>.</summary>
    public const string Loopback = "127.0.0.1";

    /// <summary>The host meant by <c>*:port</c>.</summary>
    public const string Any = "0.0.0.0";

    /// <summary>Whether only this machine can reach it.</summary>
    public bool IsLoopback =>
        Host == "localhost" || (IPAddress.TryParse(Host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>
    /// Whether it stands for every address of the machine, so that nobody can connect to it as written.
    /// </summary>
    public bool IsWildcard => Host is Any or "::";

    /// <summary>
    /// Reads <c>:port</c>, <c>port</c>, <c>host:port</c>, <c>*:port</c> or <c>[ipv6]:port</c>.
    /// </summary>
    /// <exception cref="FormatException">The text is none of these; the message says what is
    /// wrong.</exception>
    public static Endpoint Parse(string text) =>
        TryParse(text, out Endpoint endpoint, out string? error) ? endpoint : throw new FormatException(error);

    /// <summary>
    /// Reads <c>:port</c>, <c>port</c>, <c>host:port</c>, <c>*:port</c> or <c>[ipv6]:port</c>.
    /// </summary>
    /// <param name="text">What a user wrote.</param>
    /// <param name="endpoint">What it means.</param>
    /// <param name="error">What is wrong and what is expected; null when the text is fine.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, out Endpoint endpoint, [NotNullWhen(false)] out string? error)
    {
        endpoint = default;
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        if (trimmed.StartsWith("tcp://"))
            trimmed = trimmed[6..];
        int colon = trimmed.LastIndexOf(':');
        ReadOnlySpan<char> host = colon > 0 ? trimmed[..colon] : default;
        ReadOnlySpan<char> digits = trimmed[(colon + 1)..];
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port > 65_535)
        {
            error = $"\"{text}\" is not an address: expected host:port or :port, with a port from 0 to 65535";
            return false;
        }

        bool bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        string name = bracketed ? host[1..^1].ToString() : host.ToString();
        if (!IsHost(name, bracketed))
        {
            error = $"\"{text}\" is not an address: \"{host}\" is neither a host name nor an IP address " +
                    "(write IPv6 as [::1]:13000)";
            return false;
        }

        endpoint = new Endpoint(name switch { "" => Loopback, "*" => Any, _ => name }, port);
        error = null;
        return true;
    }

    /// <summary><c>host:port</c>, which <see cref="Parse"/> reads back.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>The form in which libzmq connects.</summary>
    internal string ConnectAddress => $"tcp://{this}";

    /// <summary>The form in which libzmq listens: it wants numbers, so a name is looked up first.</summary>
    internal string BindAddress
    {
        get
        {
            string port = Port == 0 ? "*" : Port.ToString(CultureInfo.InvariantCulture);
            if (Host.Contains(':'))
                return $"tcp://[{Host}]:{port}";
            return $"tcp://{(IPAddress.TryParse(Host, out _) ? Host : LookUp(Host))}:{port}";
        }
    }

    private static bool IsHost(string name, bool bracketed)
    {
        if (bracketed)
            return IPAddress.TryParse(name, out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetworkV6;
        return name is "" or "*" || (name.Length <= 255 && name.All(IsHostLetter));
    }

    private static bool IsHostLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_';

    private static string LookUp(string host)
    {
        if (host == "localhost")
            return Loopback;
        try
        {
            return Dns.GetHostAddresses(host, AddressFamily.InterNetwork) is [var first, ..] ? first.ToString() : host;
        }
        catch (SocketException)
        {
            return host;
        }
    }
}
